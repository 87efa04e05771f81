-- What taking inputs in needs besides the inputs: calls that may be repeated, and a trash that nothing escapes.

-- One call of PostInputs under a job. The same call repeated gets the first answer again.
CREATE TABLE input_calls (
  job_key      bigint NOT NULL REFERENCES input_jobs (key) ON DELETE CASCADE,
  content_hash bytea NOT NULL,
  -- For each posted input, in order: its key as text, or {code, details, id} of its refusal.
  answer       jsonb NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_key, content_hash)
);
ALTER TABLE input_jobs DROP COLUMN content_hash;

-- A blob stands here from before its first byte until a row refers to it, so one whose writer died is found again.
ALTER TABLE blob_trash ADD COLUMN due_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX blob_trash_due ON blob_trash (due_at, key);

-- Embeddings whose rows are gone and that the vector index still holds; removed there in the background.
CREATE TABLE vector_trash (
  key        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  space      bigint NOT NULL,
  embedding  bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Triggers, because rows also go by cascade, where no caller could do it.
CREATE FUNCTION discard_input_blobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO blob_trash (blob)
  SELECT entry ->> 'blob'
  FROM gone, jsonb_array_elements(gone.media) AS entry
  WHERE gone.media IS NOT NULL AND entry ? 'blob';
  RETURN NULL;
END $$;
CREATE TRIGGER inputs_discard_blobs AFTER DELETE ON inputs
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION discard_input_blobs();

CREATE FUNCTION discard_vectors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO vector_trash (space, embedding) SELECT space, key FROM gone;
  RETURN NULL;
END $$;
CREATE TRIGGER embeddings_discard_vectors AFTER DELETE ON embeddings
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION discard_vectors();

-- The order in which streams read.
CREATE INDEX inputs_in_commit_order ON inputs (app_key, xid, key);
