-- Archives that inputs are made of: each waits for its upload, and then makes inputs for a job of its own.
CREATE TABLE extraction_jobs (
  key            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key        bigint NOT NULL REFERENCES apps (key),
  id             text NOT NULL,
  input_job      bigint NOT NULL REFERENCES input_jobs (key) ON DELETE CASCADE,
  upload_key     bigint REFERENCES uploads (key) ON DELETE SET NULL,
  -- Whose labels the template's are.
  user_key       bigint NOT NULL REFERENCES users (key),
  status_code    integer NOT NULL,
  status_details text NOT NULL DEFAULT '',
  suffix_ids     boolean NOT NULL,
  -- The Input message that every input takes over.
  template       jsonb NOT NULL DEFAULT '{}',
  -- How many entries of the archive are dealt with.
  position       bigint NOT NULL DEFAULT 0,
  image_count    integer NOT NULL DEFAULT 0,
  video_count    integer NOT NULL DEFAULT 0,
  audio_count    integer NOT NULL DEFAULT 0,
  text_count     integer NOT NULL DEFAULT 0,
  created_at     timestamptz NOT NULL DEFAULT now(),
  modified_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (app_key, id)
);
CREATE INDEX extraction_jobs_in_order ON extraction_jobs (app_key, key);
CREATE INDEX extraction_jobs_of_job ON extraction_jobs (input_job);
CREATE INDEX extraction_jobs_of_upload ON extraction_jobs (upload_key);
