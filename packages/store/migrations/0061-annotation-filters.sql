-- Which annotations count where a dataset becomes a version: those that a saved search finds.
CREATE TABLE annotation_filters (
  key         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key     bigint NOT NULL REFERENCES apps (key),
  id          text NOT NULL,
  search_key  bigint NOT NULL REFERENCES searches (key),
  created_at  timestamptz NOT NULL DEFAULT now(),
  modified_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (app_key, id)
);
CREATE INDEX annotation_filters_in_order ON annotation_filters (app_key, key);
CREATE INDEX annotation_filters_of_search ON annotation_filters (search_key);
