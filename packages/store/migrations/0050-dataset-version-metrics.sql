-- What was counted in a version's snapshot, whole and by groups of its inputs. The first group is the whole.
CREATE TABLE dataset_version_metrics (
  version_key bigint NOT NULL REFERENCES dataset_versions (key) ON DELETE CASCADE,
  ordinal     integer NOT NULL,
  parent_path text NOT NULL,
  type        smallint NOT NULL,
  -- A string or a number: what the inputs of the group have in common.
  value       jsonb NOT NULL,
  body        jsonb NOT NULL,
  PRIMARY KEY (version_key, ordinal)
);
