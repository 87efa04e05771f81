-- Archives that were made of a dataset version's snapshot, one for each format (the contract's number of it).
CREATE TABLE dataset_version_exports (
  version_key    bigint NOT NULL REFERENCES dataset_versions (key) ON DELETE CASCADE,
  format         smallint NOT NULL,
  status_code    integer NOT NULL,
  status_details text NOT NULL DEFAULT '',
  -- Once it is made.
  blob           text,
  size           bigint NOT NULL DEFAULT 0,
  created_at     timestamptz NOT NULL DEFAULT now(),
  modified_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (version_key, format)
);
CREATE TRIGGER dataset_version_exports_discard_blobs AFTER DELETE ON dataset_version_exports
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION discard_gone_blob();
