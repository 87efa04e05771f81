-- Nodes of a workflow version refer to model versions by key, so that they follow a renamed model.
CREATE TABLE workflow_nodes (
  version_key   bigint NOT NULL REFERENCES workflow_versions (key) ON DELETE CASCADE,
  ordinal       integer NOT NULL,
  id            text NOT NULL,
  -- Null once the model's app is purged: the workflow can no longer run, but is still told.
  model_version bigint REFERENCES model_versions (key) ON DELETE SET NULL,
  -- The WorkflowNode message without id and model.
  body          jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (version_key, ordinal),
  UNIQUE (version_key, id)
);
CREATE INDEX workflow_nodes_of_model ON workflow_nodes (model_version);

-- What a version says of a concept of its vocabulary: its threshold, for operators that compare with one.
ALTER TABLE model_version_concepts ADD COLUMN value real;
CREATE INDEX model_version_concepts_by_concept ON model_version_concepts (concept_key, version_key);
