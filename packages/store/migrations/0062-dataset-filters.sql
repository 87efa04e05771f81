-- What a dataset's versions are made with unless they say otherwise.
ALTER TABLE datasets ADD COLUMN annotation_filter bigint REFERENCES annotation_filters (key) ON DELETE SET NULL;
CREATE INDEX datasets_of_filter ON datasets (annotation_filter) WHERE annotation_filter IS NOT NULL;
