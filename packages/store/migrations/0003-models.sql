-- Models, workflows and their versions. Versions are immutable but for what PATCH may touch; the newest has the highest key.
CREATE TABLE models (
  key            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key        bigint NOT NULL REFERENCES apps (key),
  id             text NOT NULL,
  model_type_id  text NOT NULL,
  name           text NOT NULL,
  visibility     smallint NOT NULL DEFAULT 10,
  -- Order among featured models, null for the others.
  featured_order integer,
  star_count     integer NOT NULL DEFAULT 0,
  body           jsonb NOT NULL DEFAULT '{}',
  created_at     timestamptz NOT NULL DEFAULT now(),
  modified_at    timestamptz NOT NULL DEFAULT now(),
  deleted_at     timestamptz
);
CREATE UNIQUE INDEX models_live_id ON models (app_key, id) WHERE deleted_at IS NULL;
CREATE INDEX models_public ON models (key) WHERE deleted_at IS NULL AND visibility = 50;

-- Former and short ids that still answer for a model.
CREATE TABLE model_aliases (
  app_key   bigint NOT NULL REFERENCES apps (key),
  alias     text NOT NULL,
  model_key bigint NOT NULL REFERENCES models (key) ON DELETE CASCADE,
  PRIMARY KEY (app_key, alias)
);

CREATE TABLE model_versions (
  key            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model_key      bigint NOT NULL REFERENCES models (key) ON DELETE CASCADE,
  id             text NOT NULL,
  status_code    integer NOT NULL,
  status_details text NOT NULL DEFAULT '',
  visibility     smallint NOT NULL DEFAULT 10,
  body           jsonb NOT NULL DEFAULT '{}',
  created_at     timestamptz NOT NULL DEFAULT now(),
  modified_at    timestamptz NOT NULL DEFAULT now(),
  completed_at   timestamptz,
  deleted_at     timestamptz
);
CREATE UNIQUE INDEX model_versions_live_id ON model_versions (model_key, id) WHERE deleted_at IS NULL;
CREATE INDEX model_versions_newest ON model_versions (model_key, key DESC) WHERE deleted_at IS NULL;

-- The vocabulary of a version, in its own order.
CREATE TABLE model_version_concepts (
  version_key bigint NOT NULL REFERENCES model_versions (key) ON DELETE CASCADE,
  ordinal     integer NOT NULL,
  concept_key bigint NOT NULL REFERENCES concepts (key),
  PRIMARY KEY (version_key, ordinal)
);

CREATE TABLE workflows (
  key         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key     bigint NOT NULL REFERENCES apps (key),
  id          text NOT NULL,
  visibility  smallint NOT NULL DEFAULT 10,
  star_count  integer NOT NULL DEFAULT 0,
  body        jsonb NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT now(),
  modified_at timestamptz NOT NULL DEFAULT now(),
  deleted_at  timestamptz
);
CREATE UNIQUE INDEX workflows_live_id ON workflows (app_key, id) WHERE deleted_at IS NULL;
CREATE INDEX workflows_public ON workflows (key) WHERE deleted_at IS NULL AND visibility = 50;
ALTER TABLE apps ADD FOREIGN KEY (default_workflow) REFERENCES workflows (key);

CREATE TABLE workflow_versions (
  key          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workflow_key bigint NOT NULL REFERENCES workflows (key) ON DELETE CASCADE,
  id           text NOT NULL,
  visibility   smallint NOT NULL DEFAULT 10,
  body         jsonb NOT NULL DEFAULT '{}',
  created_at   timestamptz NOT NULL DEFAULT now(),
  modified_at  timestamptz NOT NULL DEFAULT now(),
  deleted_at   timestamptz
);
CREATE UNIQUE INDEX workflow_versions_live_id ON workflow_versions (workflow_key, id) WHERE deleted_at IS NULL;
CREATE INDEX workflow_versions_newest ON workflow_versions (workflow_key, key DESC) WHERE deleted_at IS NULL;
