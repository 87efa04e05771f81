-- Concepts and how they relate. A concept belongs to one app; models predict concepts of the app that they live in.
CREATE TABLE concepts (
  key         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key     bigint NOT NULL REFERENCES apps (key),
  id          text NOT NULL,
  name        text NOT NULL,
  language    text NOT NULL DEFAULT 'en',
  body        jsonb NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT now(),
  modified_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (app_key, id)
);
CREATE INDEX concepts_by_name ON concepts (app_key, lower(name));

CREATE TABLE concept_languages (
  concept_key bigint NOT NULL REFERENCES concepts (key) ON DELETE CASCADE,
  language    text NOT NULL,
  name        text NOT NULL,
  definition  text NOT NULL DEFAULT '',
  created_at  timestamptz NOT NULL DEFAULT now(),
  modified_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (concept_key, language)
);

CREATE TABLE knowledge_graphs (
  key         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key     bigint NOT NULL REFERENCES apps (key),
  id          text NOT NULL,
  body        jsonb NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT now(),
  modified_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (app_key, id)
);

-- One row per edge. A hypernym is stored as the hyponym seen from the other end, a synonym in one direction only.
CREATE TABLE concept_relations (
  key                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key            bigint NOT NULL REFERENCES apps (key),
  id                 text NOT NULL,
  subject_key        bigint NOT NULL REFERENCES concepts (key) ON DELETE CASCADE,
  object_key         bigint NOT NULL REFERENCES concepts (key) ON DELETE CASCADE,
  predicate          text NOT NULL CHECK (predicate IN ('hyponym', 'synonym')),
  knowledge_graph_id text NOT NULL DEFAULT '',
  visibility         smallint NOT NULL DEFAULT 10,
  created_at         timestamptz NOT NULL DEFAULT now(),
  UNIQUE (app_key, id),
  UNIQUE (subject_key, object_key, predicate, knowledge_graph_id)
);
CREATE INDEX concept_relations_by_object ON concept_relations (object_key);
