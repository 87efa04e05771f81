-- Where models run. Ids of clusters, nodepools and deployments are the client's; a runner's id is ours.
CREATE TABLE compute_clusters (
  key         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_key    bigint NOT NULL REFERENCES users (key),
  id          text NOT NULL,
  visibility  smallint NOT NULL DEFAULT 10,
  body        jsonb NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT now(),
  modified_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_key, id)
);

CREATE TABLE nodepools (
  key         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster_key bigint NOT NULL REFERENCES compute_clusters (key) ON DELETE CASCADE,
  id          text NOT NULL,
  visibility  smallint NOT NULL DEFAULT 10,
  body        jsonb NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT now(),
  modified_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (cluster_key, id)
);

CREATE TABLE deployments (
  key              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_key         bigint NOT NULL REFERENCES users (key),
  id               text NOT NULL,
  visibility       smallint NOT NULL DEFAULT 10,
  model_version    bigint REFERENCES model_versions (key),
  workflow_version bigint REFERENCES workflow_versions (key),
  disabled         boolean NOT NULL DEFAULT false,
  body             jsonb NOT NULL DEFAULT '{}',
  created_at       timestamptz NOT NULL DEFAULT now(),
  modified_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_key, id)
);
CREATE INDEX deployments_of_model ON deployments (model_version);

CREATE TABLE deployment_nodepools (
  deployment_key bigint NOT NULL REFERENCES deployments (key) ON DELETE CASCADE,
  nodepool_key   bigint NOT NULL REFERENCES nodepools (key),
  ordinal        integer NOT NULL,
  PRIMARY KEY (deployment_key, nodepool_key)
);

CREATE TABLE runners (
  key              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_key         bigint NOT NULL REFERENCES users (key),
  nodepool_key     bigint NOT NULL REFERENCES nodepools (key),
  deployment_key   bigint REFERENCES deployments (key) ON DELETE CASCADE,
  id               text NOT NULL UNIQUE,
  model_version    bigint REFERENCES model_versions (key),
  workflow_version bigint REFERENCES workflow_versions (key),
  num_replicas     integer NOT NULL DEFAULT 1,
  -- 'user': somebody starts it by hand; 'agent': the agent keeps its processes running.
  managed_by       text NOT NULL DEFAULT 'user' CHECK (managed_by IN ('user', 'agent')),
  body             jsonb NOT NULL DEFAULT '{}',
  created_at       timestamptz NOT NULL DEFAULT now(),
  modified_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX runners_of_nodepool ON runners (nodepool_key, key);
CREATE INDEX runners_of_model ON runners (model_version);

-- What was used, once per request and output: a repeated request adds nothing.
CREATE TABLE usage_records (
  key           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  request_id    text NOT NULL,
  ordinal       integer NOT NULL,
  user_key      bigint NOT NULL REFERENCES users (key),
  app_key       bigint,
  model_version bigint,
  operation     text NOT NULL,
  quantity      bigint NOT NULL DEFAULT 1,
  body          jsonb NOT NULL DEFAULT '{}',
  created_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (request_id, ordinal)
);
CREATE INDEX usage_by_user ON usage_records (user_key, created_at);
