-- Files that clients send in parts, in any order. The content is the parts in the order of their numbers, and is never
-- copied together.
CREATE TABLE uploads (
  key            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key        bigint NOT NULL REFERENCES apps (key),
  id             text NOT NULL,
  status_code    integer NOT NULL,
  status_details text NOT NULL DEFAULT '',
  content_name   text NOT NULL,
  content_length bigint NOT NULL,
  created_at     timestamptz NOT NULL,
  modified_at    timestamptz NOT NULL,
  -- Each part puts it off. What is left of the upload afterwards is its row, for as long again.
  expires_at     timestamptz NOT NULL,
  UNIQUE (app_key, id)
);
CREATE INDEX uploads_in_order ON uploads (app_key, key);
CREATE INDEX uploads_expiring ON uploads (expires_at);

CREATE TABLE upload_parts (
  upload_key bigint NOT NULL REFERENCES uploads (key) ON DELETE CASCADE,
  number     integer NOT NULL,
  blob       text NOT NULL,
  size       bigint NOT NULL,
  sha256     bytea NOT NULL,
  PRIMARY KEY (upload_key, number)
);

CREATE FUNCTION discard_gone_blob() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO blob_trash (blob) SELECT blob FROM gone WHERE blob IS NOT NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER upload_parts_discard_blobs AFTER DELETE ON upload_parts
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION discard_gone_blob();
