-- Inputs, what is said of them (annotations), and the jobs that take them in.
CREATE TABLE input_jobs (
  key           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key       bigint NOT NULL REFERENCES apps (key),
  id            text NOT NULL,
  status_code   integer NOT NULL,
  -- Inputs of the call that never became rows (a duplicate id, a format that is not taken).
  refused_count integer NOT NULL DEFAULT 0,
  -- Digest of the call's content: the same call repeated under the same id gets the first answer again.
  content_hash  bytea,
  body          jsonb NOT NULL DEFAULT '{}',
  created_at    timestamptz NOT NULL DEFAULT now(),
  modified_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (app_key, id)
);

CREATE TABLE inputs (
  key            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key        bigint NOT NULL REFERENCES apps (key),
  id             text NOT NULL,
  -- 'image', 'video', 'text', 'audio', 'mixed' (several media in one input) or 'none'.
  kind           text NOT NULL,
  status_code    integer NOT NULL,
  status_details text NOT NULL DEFAULT '',
  -- The input's Data message without labels and without media bytes.
  body           jsonb NOT NULL DEFAULT '{}',
  metadata       jsonb,
  latitude       double precision,
  longitude      double precision,
  -- SHA-256 of the source URL, kept only where the same URL may not come twice.
  url_hash       bytea,
  -- Where the media bytes are, once they are ours: [{kind, blob, content_type, size, width, height, …}].
  media          jsonb,
  job_key        bigint REFERENCES input_jobs (key) ON DELETE SET NULL,
  -- How often processing was begun: a bound on inputs that bring the process down.
  attempts       smallint NOT NULL DEFAULT 0,
  -- Commit order that readers may trust: rows of transactions below the oldest running one are all there.
  xid            xid8 NOT NULL DEFAULT pg_current_xact_id(),
  created_at     timestamptz NOT NULL DEFAULT now(),
  modified_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (app_key, id)
);
CREATE INDEX inputs_in_order ON inputs (app_key, key);
CREATE INDEX inputs_by_status ON inputs (app_key, status_code, key);
CREATE INDEX inputs_of_job ON inputs (job_key, status_code) WHERE job_key IS NOT NULL;
CREATE INDEX inputs_unfinished ON inputs (modified_at) WHERE status_code IN (30001, 30003);
CREATE UNIQUE INDEX inputs_one_url ON inputs (app_key, url_hash) WHERE url_hash IS NOT NULL;
CREATE INDEX inputs_by_metadata ON inputs USING gin (metadata jsonb_path_ops) WHERE metadata IS NOT NULL;
CREATE INDEX inputs_by_place ON inputs (app_key, latitude, longitude) WHERE latitude IS NOT NULL;

CREATE TABLE annotations (
  key               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key           bigint NOT NULL REFERENCES apps (key),
  input_key         bigint NOT NULL REFERENCES inputs (key) ON DELETE CASCADE,
  id                text NOT NULL,
  -- True for the one annotation that carries what was posted with the input; it goes only with the input.
  input_level       boolean NOT NULL DEFAULT false,
  status_code       integer NOT NULL,
  status_details    text NOT NULL DEFAULT '',
  -- Who made it: a person, or a model or workflow version. Exactly one of the three.
  user_key          bigint REFERENCES users (key),
  model_version     bigint REFERENCES model_versions (key) ON DELETE CASCADE,
  workflow_version  bigint REFERENCES workflow_versions (key) ON DELETE CASCADE,
  task_id           text,
  -- The Annotation message's data and annotation_info.
  body              jsonb NOT NULL DEFAULT '{}',
  xid               xid8 NOT NULL DEFAULT pg_current_xact_id(),
  created_at        timestamptz NOT NULL DEFAULT now(),
  modified_at       timestamptz NOT NULL DEFAULT now(),
  UNIQUE (input_key, id),
  CHECK (num_nonnulls(user_key, model_version, workflow_version) = 1)
);
CREATE INDEX annotations_in_order ON annotations (app_key, key);
CREATE UNIQUE INDEX annotations_input_level ON annotations (input_key) WHERE input_level;
CREATE INDEX annotations_by_model ON annotations (model_version, app_key) WHERE model_version IS NOT NULL;

-- Every concept that an annotation names, in its regions and frames too, for filters and counts.
CREATE TABLE annotation_concepts (
  annotation_key bigint NOT NULL REFERENCES annotations (key) ON DELETE CASCADE,
  ordinal        integer NOT NULL,
  app_key        bigint NOT NULL,
  input_key      bigint NOT NULL,
  concept_key    bigint NOT NULL REFERENCES concepts (key),
  value          real NOT NULL,
  PRIMARY KEY (annotation_key, ordinal)
);
CREATE INDEX annotation_concepts_by_concept ON annotation_concepts (concept_key, app_key, value) INCLUDE (input_key, annotation_key);
CREATE INDEX annotation_concepts_of_input ON annotation_concepts (input_key);

-- Vectors are the truth here; the index outside is rebuilt from these rows. A space is one embedding model version.
CREATE TABLE embeddings (
  key              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key          bigint NOT NULL REFERENCES apps (key),
  input_key        bigint NOT NULL REFERENCES inputs (key) ON DELETE CASCADE,
  annotation_key   bigint REFERENCES annotations (key) ON DELETE CASCADE,
  workflow_version bigint REFERENCES workflow_versions (key),
  space            bigint NOT NULL REFERENCES model_versions (key),
  -- Region or frame that was embedded, null for the whole input.
  region           jsonb,
  -- float32, little-endian.
  vector           bytea NOT NULL,
  indexed          boolean NOT NULL DEFAULT false,
  created_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX embeddings_of_input ON embeddings (input_key);
CREATE INDEX embeddings_in_space ON embeddings (space, app_key, key);
CREATE INDEX embeddings_unindexed ON embeddings (space, key) WHERE NOT indexed;

CREATE TABLE datasets (
  key         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key     bigint NOT NULL REFERENCES apps (key),
  id          text NOT NULL,
  visibility  smallint NOT NULL DEFAULT 10,
  star_count  integer NOT NULL DEFAULT 0,
  body        jsonb NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT now(),
  modified_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (app_key, id)
);

CREATE TABLE dataset_inputs (
  key         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dataset_key bigint NOT NULL REFERENCES datasets (key) ON DELETE CASCADE,
  input_key   bigint NOT NULL REFERENCES inputs (key) ON DELETE CASCADE,
  created_at  timestamptz NOT NULL DEFAULT now(),
  UNIQUE (dataset_key, input_key)
);
CREATE INDEX dataset_inputs_of_input ON dataset_inputs (input_key);

CREATE TABLE dataset_versions (
  key            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dataset_key    bigint NOT NULL REFERENCES datasets (key) ON DELETE CASCADE,
  id             text NOT NULL,
  status_code    integer NOT NULL,
  status_details text NOT NULL DEFAULT '',
  visibility     smallint NOT NULL DEFAULT 10,
  body           jsonb NOT NULL DEFAULT '{}',
  created_at     timestamptz NOT NULL DEFAULT now(),
  modified_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (dataset_key, id)
);

-- The snapshot: what each input and its labels were when the version was made, whatever became of them since.
CREATE TABLE dataset_version_inputs (
  version_key bigint NOT NULL REFERENCES dataset_versions (key) ON DELETE CASCADE,
  ordinal     bigint NOT NULL,
  input_id    text NOT NULL,
  body        jsonb NOT NULL,
  PRIMARY KEY (version_key, ordinal)
);

-- Blobs that nothing refers to any more; removed by a background job after the rows are gone.
CREATE TABLE blob_trash (
  key        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  blob       text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
