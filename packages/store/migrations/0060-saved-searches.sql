-- Searches that were kept to be run again. The body is the Search message without what stands in columns.
CREATE TABLE searches (
  key         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key     bigint NOT NULL REFERENCES apps (key),
  id          text NOT NULL,
  -- What it looks for, as the call that saved it did.
  unit        text NOT NULL CHECK (unit IN ('input', 'annotation')),
  visibility  smallint NOT NULL DEFAULT 10,
  body        jsonb NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT now(),
  modified_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (app_key, id)
);
CREATE INDEX searches_in_order ON searches (app_key, key);
