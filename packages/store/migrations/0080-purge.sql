-- What purges look for, and what rows that go with others are found by. Without these each deleted annotation would be
-- a walk through all embeddings.
CREATE INDEX apps_deleted ON apps (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX embeddings_of_annotation ON embeddings (annotation_key) WHERE annotation_key IS NOT NULL;
CREATE INDEX embeddings_by_workflow ON embeddings (workflow_version) WHERE workflow_version IS NOT NULL;
CREATE INDEX annotations_by_workflow ON annotations (workflow_version) WHERE workflow_version IS NOT NULL;
