-- What the migrations come to. Written by `npm run schema`; change a migration, never this file.

CREATE TABLE annotation_concepts (
  annotation_key bigint NOT NULL,
  ordinal integer NOT NULL,
  app_key bigint NOT NULL,
  input_key bigint NOT NULL,
  concept_key bigint NOT NULL,
  value real NOT NULL,
  CONSTRAINT annotation_concepts_pkey PRIMARY KEY (annotation_key, ordinal)
);

CREATE TABLE annotation_filters (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  id text NOT NULL,
  search_key bigint NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT annotation_filters_app_key_id_key UNIQUE (app_key, id),
  CONSTRAINT annotation_filters_pkey PRIMARY KEY (key)
);

CREATE TABLE annotation_tracks (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  input_key bigint NOT NULL,
  id text NOT NULL,
  status_code integer NOT NULL,
  status_details text NOT NULL DEFAULT ''::text,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT annotation_tracks_input_key_id_key UNIQUE (input_key, id),
  CONSTRAINT annotation_tracks_pkey PRIMARY KEY (key)
);

CREATE TABLE annotations (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  input_key bigint NOT NULL,
  id text NOT NULL,
  input_level boolean NOT NULL DEFAULT false,
  status_code integer NOT NULL,
  status_details text NOT NULL DEFAULT ''::text,
  user_key bigint,
  model_version bigint,
  workflow_version bigint,
  task_id text,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT annotations_check CHECK ((num_nonnulls(user_key, model_version, workflow_version) = 1)),
  CONSTRAINT annotations_input_key_id_key UNIQUE (input_key, id),
  CONSTRAINT annotations_pkey PRIMARY KEY (key)
);

CREATE TABLE apps (
  key bigint GENERATED ALWAYS AS IDENTITY,
  user_key bigint NOT NULL,
  id text NOT NULL,
  visibility smallint NOT NULL DEFAULT 10,
  is_template boolean NOT NULL DEFAULT false,
  default_language text NOT NULL DEFAULT 'en'::text,
  default_workflow bigint,
  sample_ms integer,
  star_count integer NOT NULL DEFAULT 0,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  deleted_at timestamp with time zone,
  CONSTRAINT apps_pkey PRIMARY KEY (key)
);

CREATE TABLE authority_epoch (
  one boolean NOT NULL DEFAULT true,
  n bigint NOT NULL,
  CONSTRAINT authority_epoch_one_check CHECK (one),
  CONSTRAINT authority_epoch_pkey PRIMARY KEY (one)
);

CREATE TABLE blob_trash (
  key bigint GENERATED ALWAYS AS IDENTITY,
  blob text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  due_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT blob_trash_pkey PRIMARY KEY (key)
);

CREATE TABLE compute_clusters (
  key bigint GENERATED ALWAYS AS IDENTITY,
  user_key bigint NOT NULL,
  id text NOT NULL,
  visibility smallint NOT NULL DEFAULT 10,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT compute_clusters_pkey PRIMARY KEY (key),
  CONSTRAINT compute_clusters_user_key_id_key UNIQUE (user_key, id)
);

CREATE TABLE concept_languages (
  concept_key bigint NOT NULL,
  language text NOT NULL,
  name text NOT NULL,
  definition text NOT NULL DEFAULT ''::text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT concept_languages_pkey PRIMARY KEY (concept_key, language)
);

CREATE TABLE concept_relations (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  id text NOT NULL,
  subject_key bigint NOT NULL,
  object_key bigint NOT NULL,
  predicate text NOT NULL,
  knowledge_graph_id text NOT NULL DEFAULT ''::text,
  visibility smallint NOT NULL DEFAULT 10,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT concept_relations_app_key_id_key UNIQUE (app_key, id),
  CONSTRAINT concept_relations_pkey PRIMARY KEY (key),
  CONSTRAINT concept_relations_predicate_check CHECK ((predicate = ANY (ARRAY['hyponym'::text, 'synonym'::text]))),
  CONSTRAINT concept_relations_subject_key_object_key_predicate_knowledg_key UNIQUE (subject_key, object_key, predicate, knowledge_graph_id)
);

CREATE TABLE concepts (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  language text NOT NULL DEFAULT 'en'::text,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT concepts_app_key_id_key UNIQUE (app_key, id),
  CONSTRAINT concepts_pkey PRIMARY KEY (key)
);

CREATE TABLE credentials (
  key bigint GENERATED ALWAYS AS IDENTITY,
  user_key bigint NOT NULL,
  app_key bigint,
  kind text NOT NULL,
  public_id text NOT NULL,
  secret_hash bytea NOT NULL,
  description text NOT NULL DEFAULT ''::text,
  scopes text[] NOT NULL DEFAULT '{}'::text[],
  endpoints text[] NOT NULL DEFAULT '{}'::text[],
  from_env boolean NOT NULL DEFAULT false,
  runner_id text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone,
  CONSTRAINT credentials_check CHECK (((kind = 'app_key'::text) = (app_key IS NOT NULL))),
  CONSTRAINT credentials_kind_check CHECK ((kind = ANY (ARRAY['pat'::text, 'app_key'::text, 'session'::text, 'runner'::text]))),
  CONSTRAINT credentials_pkey PRIMARY KEY (key),
  CONSTRAINT credentials_public_id_key UNIQUE (public_id),
  CONSTRAINT credentials_secret_hash_key UNIQUE (secret_hash)
);

CREATE TABLE dataset_inputs (
  key bigint GENERATED ALWAYS AS IDENTITY,
  dataset_key bigint NOT NULL,
  input_key bigint NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT dataset_inputs_dataset_key_input_key_key UNIQUE (dataset_key, input_key),
  CONSTRAINT dataset_inputs_pkey PRIMARY KEY (key)
);

CREATE TABLE dataset_version_exports (
  version_key bigint NOT NULL,
  format smallint NOT NULL,
  status_code integer NOT NULL,
  status_details text NOT NULL DEFAULT ''::text,
  blob text,
  size bigint NOT NULL DEFAULT 0,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT dataset_version_exports_pkey PRIMARY KEY (version_key, format)
);

CREATE TABLE dataset_version_inputs (
  version_key bigint NOT NULL,
  ordinal bigint NOT NULL,
  input_id text NOT NULL,
  body jsonb NOT NULL,
  CONSTRAINT dataset_version_inputs_pkey PRIMARY KEY (version_key, ordinal)
);

CREATE TABLE dataset_version_metrics (
  version_key bigint NOT NULL,
  ordinal integer NOT NULL,
  parent_path text NOT NULL,
  type smallint NOT NULL,
  value jsonb NOT NULL,
  body jsonb NOT NULL,
  CONSTRAINT dataset_version_metrics_pkey PRIMARY KEY (version_key, ordinal)
);

CREATE TABLE dataset_versions (
  key bigint GENERATED ALWAYS AS IDENTITY,
  dataset_key bigint NOT NULL,
  id text NOT NULL,
  status_code integer NOT NULL,
  status_details text NOT NULL DEFAULT ''::text,
  visibility smallint NOT NULL DEFAULT 10,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT dataset_versions_dataset_key_id_key UNIQUE (dataset_key, id),
  CONSTRAINT dataset_versions_pkey PRIMARY KEY (key)
);

CREATE TABLE datasets (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  id text NOT NULL,
  visibility smallint NOT NULL DEFAULT 10,
  star_count integer NOT NULL DEFAULT 0,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  annotation_filter bigint,
  CONSTRAINT datasets_app_key_id_key UNIQUE (app_key, id),
  CONSTRAINT datasets_pkey PRIMARY KEY (key)
);

CREATE TABLE deployment_nodepools (
  deployment_key bigint NOT NULL,
  nodepool_key bigint NOT NULL,
  ordinal integer NOT NULL,
  CONSTRAINT deployment_nodepools_pkey PRIMARY KEY (deployment_key, nodepool_key)
);

CREATE TABLE deployments (
  key bigint GENERATED ALWAYS AS IDENTITY,
  user_key bigint NOT NULL,
  id text NOT NULL,
  visibility smallint NOT NULL DEFAULT 10,
  model_version bigint,
  workflow_version bigint,
  disabled boolean NOT NULL DEFAULT false,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT deployments_pkey PRIMARY KEY (key),
  CONSTRAINT deployments_user_key_id_key UNIQUE (user_key, id)
);

CREATE TABLE embeddings (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  input_key bigint NOT NULL,
  annotation_key bigint,
  workflow_version bigint,
  space bigint NOT NULL,
  region jsonb,
  vector bytea NOT NULL,
  indexed boolean NOT NULL DEFAULT false,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  unfit boolean NOT NULL DEFAULT false,
  CONSTRAINT embeddings_pkey PRIMARY KEY (key)
);

CREATE TABLE extraction_jobs (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  id text NOT NULL,
  input_job bigint NOT NULL,
  upload_key bigint,
  user_key bigint NOT NULL,
  status_code integer NOT NULL,
  status_details text NOT NULL DEFAULT ''::text,
  suffix_ids boolean NOT NULL,
  template jsonb NOT NULL DEFAULT '{}'::jsonb,
  "position" bigint NOT NULL DEFAULT 0,
  image_count integer NOT NULL DEFAULT 0,
  video_count integer NOT NULL DEFAULT 0,
  audio_count integer NOT NULL DEFAULT 0,
  text_count integer NOT NULL DEFAULT 0,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT extraction_jobs_app_key_id_key UNIQUE (app_key, id),
  CONSTRAINT extraction_jobs_pkey PRIMARY KEY (key)
);

CREATE TABLE input_calls (
  job_key bigint NOT NULL,
  content_hash bytea NOT NULL,
  answer jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT input_calls_pkey PRIMARY KEY (job_key, content_hash)
);

CREATE TABLE input_facts (
  app_key bigint NOT NULL,
  fact bigint NOT NULL,
  input_key bigint NOT NULL,
  CONSTRAINT input_facts_pkey PRIMARY KEY (app_key, fact, input_key)
);

CREATE TABLE input_jobs (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  id text NOT NULL,
  status_code integer NOT NULL,
  refused_count integer NOT NULL DEFAULT 0,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  accepted_count integer NOT NULL DEFAULT 0,
  done_count integer NOT NULL DEFAULT 0,
  failed_count integer NOT NULL DEFAULT 0,
  CONSTRAINT input_jobs_app_key_id_key UNIQUE (app_key, id),
  CONSTRAINT input_jobs_pkey PRIMARY KEY (key)
);

CREATE TABLE inputs (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  id text NOT NULL,
  kind text NOT NULL,
  status_code integer NOT NULL,
  status_details text NOT NULL DEFAULT ''::text,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  metadata jsonb,
  latitude double precision,
  longitude double precision,
  url_hash bytea,
  media jsonb,
  job_key bigint,
  attempts smallint NOT NULL DEFAULT 0,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT inputs_app_key_id_key UNIQUE (app_key, id),
  CONSTRAINT inputs_pkey PRIMARY KEY (key)
);

CREATE TABLE knowledge_graphs (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  id text NOT NULL,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT knowledge_graphs_app_key_id_key UNIQUE (app_key, id),
  CONSTRAINT knowledge_graphs_pkey PRIMARY KEY (key)
);

CREATE TABLE limpid_migrations (
  number integer NOT NULL,
  name text NOT NULL,
  sha256 text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT limpid_migrations_pkey PRIMARY KEY (number)
);

CREATE TABLE model_aliases (
  app_key bigint NOT NULL,
  alias text NOT NULL,
  model_key bigint NOT NULL,
  CONSTRAINT model_aliases_pkey PRIMARY KEY (app_key, alias)
);

CREATE TABLE model_version_concepts (
  version_key bigint NOT NULL,
  ordinal integer NOT NULL,
  concept_key bigint NOT NULL,
  value real,
  CONSTRAINT model_version_concepts_pkey PRIMARY KEY (version_key, ordinal)
);

CREATE TABLE model_versions (
  key bigint GENERATED ALWAYS AS IDENTITY,
  model_key bigint NOT NULL,
  id text NOT NULL,
  status_code integer NOT NULL,
  status_details text NOT NULL DEFAULT ''::text,
  visibility smallint NOT NULL DEFAULT 10,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  completed_at timestamp with time zone,
  deleted_at timestamp with time zone,
  CONSTRAINT model_versions_pkey PRIMARY KEY (key)
);

CREATE TABLE models (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  id text NOT NULL,
  model_type_id text NOT NULL,
  name text NOT NULL,
  visibility smallint NOT NULL DEFAULT 10,
  featured_order integer,
  star_count integer NOT NULL DEFAULT 0,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  deleted_at timestamp with time zone,
  CONSTRAINT models_pkey PRIMARY KEY (key)
);

CREATE TABLE nodepools (
  key bigint GENERATED ALWAYS AS IDENTITY,
  cluster_key bigint NOT NULL,
  id text NOT NULL,
  visibility smallint NOT NULL DEFAULT 10,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT nodepools_cluster_key_id_key UNIQUE (cluster_key, id),
  CONSTRAINT nodepools_pkey PRIMARY KEY (key)
);

CREATE TABLE runners (
  key bigint GENERATED ALWAYS AS IDENTITY,
  user_key bigint NOT NULL,
  nodepool_key bigint NOT NULL,
  deployment_key bigint,
  id text NOT NULL,
  model_version bigint,
  workflow_version bigint,
  num_replicas integer NOT NULL DEFAULT 1,
  managed_by text NOT NULL DEFAULT 'user'::text,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT runners_id_key UNIQUE (id),
  CONSTRAINT runners_managed_by_check CHECK ((managed_by = ANY (ARRAY['user'::text, 'agent'::text]))),
  CONSTRAINT runners_pkey PRIMARY KEY (key)
);

CREATE TABLE searches (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  id text NOT NULL,
  unit text NOT NULL,
  visibility smallint NOT NULL DEFAULT 10,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT searches_app_key_id_key UNIQUE (app_key, id),
  CONSTRAINT searches_pkey PRIMARY KEY (key),
  CONSTRAINT searches_unit_check CHECK ((unit = ANY (ARRAY['input'::text, 'annotation'::text])))
);

CREATE TABLE upload_parts (
  upload_key bigint NOT NULL,
  number integer NOT NULL,
  blob text NOT NULL,
  size bigint NOT NULL,
  sha256 bytea NOT NULL,
  CONSTRAINT upload_parts_pkey PRIMARY KEY (upload_key, number)
);

CREATE TABLE uploads (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  id text NOT NULL,
  status_code integer NOT NULL,
  status_details text NOT NULL DEFAULT ''::text,
  content_name text NOT NULL,
  content_length bigint NOT NULL,
  created_at timestamp with time zone NOT NULL,
  modified_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT uploads_app_key_id_key UNIQUE (app_key, id),
  CONSTRAINT uploads_pkey PRIMARY KEY (key)
);

CREATE TABLE usage_records (
  key bigint GENERATED ALWAYS AS IDENTITY,
  request_id text NOT NULL,
  ordinal integer NOT NULL,
  user_key bigint NOT NULL,
  app_key bigint,
  model_version bigint,
  operation text NOT NULL,
  quantity bigint NOT NULL DEFAULT 1,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT usage_records_pkey PRIMARY KEY (key),
  CONSTRAINT usage_records_request_id_ordinal_key UNIQUE (request_id, ordinal)
);

CREATE TABLE users (
  key bigint GENERATED ALWAYS AS IDENTITY,
  id text NOT NULL,
  email text,
  password_hash text,
  visibility smallint NOT NULL DEFAULT 10,
  is_admin boolean NOT NULL DEFAULT false,
  is_system boolean NOT NULL DEFAULT false,
  disabled_at timestamp with time zone,
  rate_limit_rps integer,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT users_email_key UNIQUE (email),
  CONSTRAINT users_id_key UNIQUE (id),
  CONSTRAINT users_pkey PRIMARY KEY (key)
);

CREATE TABLE vector_trash (
  key bigint GENERATED ALWAYS AS IDENTITY,
  space bigint NOT NULL,
  embedding bigint NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT vector_trash_pkey PRIMARY KEY (key)
);

CREATE TABLE workflow_nodes (
  version_key bigint NOT NULL,
  ordinal integer NOT NULL,
  id text NOT NULL,
  model_version bigint,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT workflow_nodes_pkey PRIMARY KEY (version_key, ordinal),
  CONSTRAINT workflow_nodes_version_key_id_key UNIQUE (version_key, id)
);

CREATE TABLE workflow_versions (
  key bigint GENERATED ALWAYS AS IDENTITY,
  workflow_key bigint NOT NULL,
  id text NOT NULL,
  visibility smallint NOT NULL DEFAULT 10,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  deleted_at timestamp with time zone,
  CONSTRAINT workflow_versions_pkey PRIMARY KEY (key)
);

CREATE TABLE workflows (
  key bigint GENERATED ALWAYS AS IDENTITY,
  app_key bigint NOT NULL,
  id text NOT NULL,
  visibility smallint NOT NULL DEFAULT 10,
  star_count integer NOT NULL DEFAULT 0,
  body jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  modified_at timestamp with time zone NOT NULL DEFAULT now(),
  deleted_at timestamp with time zone,
  CONSTRAINT workflows_pkey PRIMARY KEY (key)
);

CREATE INDEX annotation_concepts_by_concept ON public.annotation_concepts USING btree (concept_key, app_key, value) INCLUDE (input_key, annotation_key);
CREATE INDEX annotation_concepts_of_input ON public.annotation_concepts USING btree (input_key);
CREATE INDEX annotation_filters_in_order ON public.annotation_filters USING btree (app_key, key);
CREATE INDEX annotation_filters_of_search ON public.annotation_filters USING btree (search_key);
CREATE INDEX annotation_tracks_by_id ON public.annotation_tracks USING btree (app_key, id);
CREATE INDEX annotations_by_frame ON public.annotations USING btree (input_key, COALESCE(((body #>> '{data,frames,0,frame_info,time}'::text[]))::bigint, (0)::bigint), COALESCE(((body #>> '{data,frames,0,frame_info,number}'::text[]))::bigint, (0)::bigint), key) WHERE ((body -> 'data'::text) ? 'frames'::text);
CREATE INDEX annotations_by_model ON public.annotations USING btree (model_version, app_key) WHERE (model_version IS NOT NULL);
CREATE INDEX annotations_by_workflow ON public.annotations USING btree (workflow_version) WHERE (workflow_version IS NOT NULL);
CREATE INDEX annotations_in_order ON public.annotations USING btree (app_key, key);
CREATE UNIQUE INDEX annotations_input_level ON public.annotations USING btree (input_key) WHERE input_level;
CREATE INDEX apps_deleted ON public.apps USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE UNIQUE INDEX apps_live_id ON public.apps USING btree (user_key, id) WHERE (deleted_at IS NULL);
CREATE INDEX apps_public ON public.apps USING btree (key) WHERE ((deleted_at IS NULL) AND (visibility = 50));
CREATE INDEX blob_trash_due ON public.blob_trash USING btree (due_at, key);
CREATE INDEX concept_languages_by_name ON public.concept_languages USING btree (language, lower(name));
CREATE INDEX concept_relations_by_object ON public.concept_relations USING btree (object_key);
CREATE INDEX concepts_by_name ON public.concepts USING btree (app_key, lower(name));
CREATE INDEX credentials_by_app ON public.credentials USING btree (app_key) WHERE (app_key IS NOT NULL);
CREATE INDEX credentials_by_user ON public.credentials USING btree (user_key, key);
CREATE INDEX dataset_inputs_of_input ON public.dataset_inputs USING btree (input_key);
CREATE INDEX datasets_of_filter ON public.datasets USING btree (annotation_filter) WHERE (annotation_filter IS NOT NULL);
CREATE INDEX deployments_of_model ON public.deployments USING btree (model_version);
CREATE INDEX embeddings_by_workflow ON public.embeddings USING btree (workflow_version) WHERE (workflow_version IS NOT NULL);
CREATE INDEX embeddings_in_space ON public.embeddings USING btree (space, app_key, key);
CREATE INDEX embeddings_of_annotation ON public.embeddings USING btree (annotation_key) WHERE (annotation_key IS NOT NULL);
CREATE INDEX embeddings_of_input ON public.embeddings USING btree (input_key);
CREATE INDEX embeddings_unindexed ON public.embeddings USING btree (space, key) WHERE (NOT indexed);
CREATE INDEX extraction_jobs_in_order ON public.extraction_jobs USING btree (app_key, key);
CREATE INDEX extraction_jobs_of_job ON public.extraction_jobs USING btree (input_job);
CREATE INDEX extraction_jobs_of_upload ON public.extraction_jobs USING btree (upload_key);
CREATE INDEX inputs_by_metadata ON public.inputs USING gin (metadata jsonb_path_ops) WHERE (metadata IS NOT NULL);
CREATE INDEX inputs_by_place ON public.inputs USING btree (app_key, latitude, longitude) WHERE (latitude IS NOT NULL);
CREATE INDEX inputs_by_status ON public.inputs USING btree (app_key, status_code, key);
CREATE INDEX inputs_in_commit_order ON public.inputs USING btree (app_key, xid, key);
CREATE INDEX inputs_in_order ON public.inputs USING btree (app_key, key);
CREATE INDEX inputs_of_job ON public.inputs USING btree (job_key, status_code) WHERE (job_key IS NOT NULL);
CREATE UNIQUE INDEX inputs_one_url ON public.inputs USING btree (app_key, url_hash) WHERE (url_hash IS NOT NULL);
CREATE INDEX inputs_unfinished ON public.inputs USING btree (modified_at) WHERE (status_code = ANY (ARRAY[30001, 30003]));
CREATE INDEX model_version_concepts_by_concept ON public.model_version_concepts USING btree (concept_key, version_key);
CREATE UNIQUE INDEX model_versions_live_id ON public.model_versions USING btree (model_key, id) WHERE (deleted_at IS NULL);
CREATE INDEX model_versions_newest ON public.model_versions USING btree (model_key, key DESC) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX models_live_id ON public.models USING btree (app_key, id) WHERE (deleted_at IS NULL);
CREATE INDEX models_public ON public.models USING btree (key) WHERE ((deleted_at IS NULL) AND (visibility = 50));
CREATE INDEX runners_of_model ON public.runners USING btree (model_version);
CREATE INDEX runners_of_nodepool ON public.runners USING btree (nodepool_key, key);
CREATE INDEX searches_in_order ON public.searches USING btree (app_key, key);
CREATE INDEX uploads_expiring ON public.uploads USING btree (expires_at);
CREATE INDEX uploads_in_order ON public.uploads USING btree (app_key, key);
CREATE INDEX usage_by_user ON public.usage_records USING btree (user_key, created_at);
CREATE INDEX vector_trash_by_space ON public.vector_trash USING btree (space);
CREATE INDEX workflow_nodes_of_model ON public.workflow_nodes USING btree (model_version);
CREATE UNIQUE INDEX workflow_versions_live_id ON public.workflow_versions USING btree (workflow_key, id) WHERE (deleted_at IS NULL);
CREATE INDEX workflow_versions_newest ON public.workflow_versions USING btree (workflow_key, key DESC) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX workflows_live_id ON public.workflows USING btree (app_key, id) WHERE (deleted_at IS NULL);
CREATE INDEX workflows_public ON public.workflows USING btree (key) WHERE ((deleted_at IS NULL) AND (visibility = 50));

CREATE OR REPLACE FUNCTION public.advance_authority_epoch()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  -- Once a transaction, however many rows it changes.
  IF current_setting('limpid.epoch_advanced_by', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
    UPDATE authority_epoch SET n = n + 1;
    PERFORM set_config('limpid.epoch_advanced_by', pg_current_xact_id()::text, true);
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.discard_gone_blob()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO blob_trash (blob) SELECT blob FROM gone WHERE blob IS NOT NULL;
  RETURN NULL;
END $function$;
CREATE OR REPLACE FUNCTION public.discard_input_blobs()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO blob_trash (blob)
  SELECT entry ->> 'blob'
  FROM gone, jsonb_array_elements(gone.media) AS entry
  WHERE gone.media IS NOT NULL AND entry ? 'blob';
  RETURN NULL;
END $function$;
CREATE OR REPLACE FUNCTION public.discard_vectors()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO vector_trash (space, embedding) SELECT space, key FROM gone;
  RETURN NULL;
END $function$;
CREATE OR REPLACE FUNCTION public.keep_input_facts()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM input_facts
    WHERE app_key = OLD.app_key AND fact = ANY (metadata_facts(OLD.metadata)) AND input_key = OLD.key;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    -- Two facts of one input may have the same number; ON CONFLICT would be the dearer way.
    INSERT INTO input_facts (app_key, fact, input_key)
    SELECT DISTINCT NEW.app_key, fact, NEW.key FROM unnest(metadata_facts(NEW.metadata)) AS fact;
  END IF;
  RETURN NULL;
END $function$;
CREATE OR REPLACE FUNCTION public.metadata_facts(metadata jsonb, path bigint DEFAULT 0)
 RETURNS bigint[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
DECLARE
  facts bigint[] := '{}';
  name  text;
  leaf  jsonb;
BEGIN
  IF jsonb_typeof(metadata) <> 'object' THEN RETURN facts; END IF;
  FOR name, leaf IN SELECT key, value FROM jsonb_each(metadata) LOOP
    -- A path is the hash of its last key seeded with that of those before it: no separator that a key may hold.
    CASE jsonb_typeof(leaf)
      WHEN 'object' THEN facts := facts || metadata_facts(leaf, hashtextextended(name, path));
      WHEN 'array' THEN NULL;
      -- 1.0 is 1.
      WHEN 'number' THEN
        facts := facts || hashtextextended(trim_scale(leaf::numeric)::text, hashtextextended(name, path));
      -- As JSON, where "1" is not 1.
      ELSE facts := facts || hashtextextended(leaf::text, hashtextextended(name, path));
    END CASE;
  END LOOP;
  RETURN facts;
END $function$;

CREATE CONSTRAINT TRIGGER apps_epoch AFTER INSERT OR DELETE OR UPDATE ON public.apps DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER concept_languages_epoch AFTER INSERT OR DELETE OR UPDATE ON public.concept_languages DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER concept_relations_epoch AFTER INSERT OR DELETE OR UPDATE ON public.concept_relations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER concepts_epoch AFTER INSERT OR DELETE OR UPDATE ON public.concepts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER credentials_epoch AFTER INSERT OR DELETE OR UPDATE ON public.credentials DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE TRIGGER dataset_version_exports_discard_blobs AFTER DELETE ON public.dataset_version_exports REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION discard_gone_blob();
CREATE TRIGGER embeddings_discard_vectors AFTER DELETE ON public.embeddings REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION discard_vectors();
CREATE TRIGGER inputs_discard_blobs AFTER DELETE ON public.inputs REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION discard_input_blobs();
CREATE TRIGGER inputs_facts_changed AFTER UPDATE OF metadata ON public.inputs FOR EACH ROW WHEN ((old.metadata IS DISTINCT FROM new.metadata)) EXECUTE FUNCTION keep_input_facts();
CREATE TRIGGER inputs_facts_gone AFTER DELETE ON public.inputs FOR EACH ROW WHEN ((old.metadata IS NOT NULL)) EXECUTE FUNCTION keep_input_facts();
CREATE TRIGGER inputs_facts_made AFTER INSERT ON public.inputs FOR EACH ROW WHEN ((new.metadata IS NOT NULL)) EXECUTE FUNCTION keep_input_facts();
CREATE CONSTRAINT TRIGGER model_aliases_epoch AFTER INSERT OR DELETE OR UPDATE ON public.model_aliases DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER model_versions_epoch AFTER INSERT OR DELETE OR UPDATE ON public.model_versions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER models_epoch AFTER INSERT OR DELETE OR UPDATE ON public.models DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER runners_epoch AFTER INSERT OR DELETE OR UPDATE ON public.runners DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE TRIGGER upload_parts_discard_blobs AFTER DELETE ON public.upload_parts REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION discard_gone_blob();
CREATE CONSTRAINT TRIGGER users_epoch AFTER INSERT OR DELETE OR UPDATE ON public.users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER workflow_nodes_epoch AFTER INSERT OR DELETE OR UPDATE ON public.workflow_nodes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER workflow_versions_epoch AFTER INSERT OR DELETE OR UPDATE ON public.workflow_versions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER workflows_epoch AFTER INSERT OR DELETE OR UPDATE ON public.workflows DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();

ALTER TABLE annotation_concepts ADD CONSTRAINT annotation_concepts_annotation_key_fkey FOREIGN KEY (annotation_key) REFERENCES annotations(key) ON DELETE CASCADE;
ALTER TABLE annotation_concepts ADD CONSTRAINT annotation_concepts_concept_key_fkey FOREIGN KEY (concept_key) REFERENCES concepts(key);
ALTER TABLE annotation_filters ADD CONSTRAINT annotation_filters_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE annotation_filters ADD CONSTRAINT annotation_filters_search_key_fkey FOREIGN KEY (search_key) REFERENCES searches(key);
ALTER TABLE annotation_tracks ADD CONSTRAINT annotation_tracks_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE annotation_tracks ADD CONSTRAINT annotation_tracks_input_key_fkey FOREIGN KEY (input_key) REFERENCES inputs(key) ON DELETE CASCADE;
ALTER TABLE annotations ADD CONSTRAINT annotations_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE annotations ADD CONSTRAINT annotations_input_key_fkey FOREIGN KEY (input_key) REFERENCES inputs(key) ON DELETE CASCADE;
ALTER TABLE annotations ADD CONSTRAINT annotations_model_version_fkey FOREIGN KEY (model_version) REFERENCES model_versions(key) ON DELETE CASCADE;
ALTER TABLE annotations ADD CONSTRAINT annotations_user_key_fkey FOREIGN KEY (user_key) REFERENCES users(key);
ALTER TABLE annotations ADD CONSTRAINT annotations_workflow_version_fkey FOREIGN KEY (workflow_version) REFERENCES workflow_versions(key) ON DELETE CASCADE;
ALTER TABLE apps ADD CONSTRAINT apps_default_workflow_fkey FOREIGN KEY (default_workflow) REFERENCES workflows(key);
ALTER TABLE apps ADD CONSTRAINT apps_user_key_fkey FOREIGN KEY (user_key) REFERENCES users(key);
ALTER TABLE compute_clusters ADD CONSTRAINT compute_clusters_user_key_fkey FOREIGN KEY (user_key) REFERENCES users(key);
ALTER TABLE concept_languages ADD CONSTRAINT concept_languages_concept_key_fkey FOREIGN KEY (concept_key) REFERENCES concepts(key) ON DELETE CASCADE;
ALTER TABLE concept_relations ADD CONSTRAINT concept_relations_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE concept_relations ADD CONSTRAINT concept_relations_object_key_fkey FOREIGN KEY (object_key) REFERENCES concepts(key) ON DELETE CASCADE;
ALTER TABLE concept_relations ADD CONSTRAINT concept_relations_subject_key_fkey FOREIGN KEY (subject_key) REFERENCES concepts(key) ON DELETE CASCADE;
ALTER TABLE concepts ADD CONSTRAINT concepts_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE credentials ADD CONSTRAINT credentials_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE credentials ADD CONSTRAINT credentials_user_key_fkey FOREIGN KEY (user_key) REFERENCES users(key);
ALTER TABLE dataset_inputs ADD CONSTRAINT dataset_inputs_dataset_key_fkey FOREIGN KEY (dataset_key) REFERENCES datasets(key) ON DELETE CASCADE;
ALTER TABLE dataset_inputs ADD CONSTRAINT dataset_inputs_input_key_fkey FOREIGN KEY (input_key) REFERENCES inputs(key) ON DELETE CASCADE;
ALTER TABLE dataset_version_exports ADD CONSTRAINT dataset_version_exports_version_key_fkey FOREIGN KEY (version_key) REFERENCES dataset_versions(key) ON DELETE CASCADE;
ALTER TABLE dataset_version_inputs ADD CONSTRAINT dataset_version_inputs_version_key_fkey FOREIGN KEY (version_key) REFERENCES dataset_versions(key) ON DELETE CASCADE;
ALTER TABLE dataset_version_metrics ADD CONSTRAINT dataset_version_metrics_version_key_fkey FOREIGN KEY (version_key) REFERENCES dataset_versions(key) ON DELETE CASCADE;
ALTER TABLE dataset_versions ADD CONSTRAINT dataset_versions_dataset_key_fkey FOREIGN KEY (dataset_key) REFERENCES datasets(key) ON DELETE CASCADE;
ALTER TABLE datasets ADD CONSTRAINT datasets_annotation_filter_fkey FOREIGN KEY (annotation_filter) REFERENCES annotation_filters(key) ON DELETE SET NULL;
ALTER TABLE datasets ADD CONSTRAINT datasets_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE deployment_nodepools ADD CONSTRAINT deployment_nodepools_deployment_key_fkey FOREIGN KEY (deployment_key) REFERENCES deployments(key) ON DELETE CASCADE;
ALTER TABLE deployment_nodepools ADD CONSTRAINT deployment_nodepools_nodepool_key_fkey FOREIGN KEY (nodepool_key) REFERENCES nodepools(key);
ALTER TABLE deployments ADD CONSTRAINT deployments_model_version_fkey FOREIGN KEY (model_version) REFERENCES model_versions(key);
ALTER TABLE deployments ADD CONSTRAINT deployments_user_key_fkey FOREIGN KEY (user_key) REFERENCES users(key);
ALTER TABLE deployments ADD CONSTRAINT deployments_workflow_version_fkey FOREIGN KEY (workflow_version) REFERENCES workflow_versions(key);
ALTER TABLE embeddings ADD CONSTRAINT embeddings_annotation_key_fkey FOREIGN KEY (annotation_key) REFERENCES annotations(key) ON DELETE CASCADE;
ALTER TABLE embeddings ADD CONSTRAINT embeddings_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE embeddings ADD CONSTRAINT embeddings_input_key_fkey FOREIGN KEY (input_key) REFERENCES inputs(key) ON DELETE CASCADE;
ALTER TABLE embeddings ADD CONSTRAINT embeddings_space_fkey FOREIGN KEY (space) REFERENCES model_versions(key);
ALTER TABLE embeddings ADD CONSTRAINT embeddings_workflow_version_fkey FOREIGN KEY (workflow_version) REFERENCES workflow_versions(key);
ALTER TABLE extraction_jobs ADD CONSTRAINT extraction_jobs_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE extraction_jobs ADD CONSTRAINT extraction_jobs_input_job_fkey FOREIGN KEY (input_job) REFERENCES input_jobs(key) ON DELETE CASCADE;
ALTER TABLE extraction_jobs ADD CONSTRAINT extraction_jobs_upload_key_fkey FOREIGN KEY (upload_key) REFERENCES uploads(key) ON DELETE SET NULL;
ALTER TABLE extraction_jobs ADD CONSTRAINT extraction_jobs_user_key_fkey FOREIGN KEY (user_key) REFERENCES users(key);
ALTER TABLE input_calls ADD CONSTRAINT input_calls_job_key_fkey FOREIGN KEY (job_key) REFERENCES input_jobs(key) ON DELETE CASCADE;
ALTER TABLE input_jobs ADD CONSTRAINT input_jobs_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE inputs ADD CONSTRAINT inputs_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE inputs ADD CONSTRAINT inputs_job_key_fkey FOREIGN KEY (job_key) REFERENCES input_jobs(key) ON DELETE SET NULL;
ALTER TABLE knowledge_graphs ADD CONSTRAINT knowledge_graphs_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE model_aliases ADD CONSTRAINT model_aliases_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE model_aliases ADD CONSTRAINT model_aliases_model_key_fkey FOREIGN KEY (model_key) REFERENCES models(key) ON DELETE CASCADE;
ALTER TABLE model_version_concepts ADD CONSTRAINT model_version_concepts_concept_key_fkey FOREIGN KEY (concept_key) REFERENCES concepts(key);
ALTER TABLE model_version_concepts ADD CONSTRAINT model_version_concepts_version_key_fkey FOREIGN KEY (version_key) REFERENCES model_versions(key) ON DELETE CASCADE;
ALTER TABLE model_versions ADD CONSTRAINT model_versions_model_key_fkey FOREIGN KEY (model_key) REFERENCES models(key) ON DELETE CASCADE;
ALTER TABLE models ADD CONSTRAINT models_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE nodepools ADD CONSTRAINT nodepools_cluster_key_fkey FOREIGN KEY (cluster_key) REFERENCES compute_clusters(key) ON DELETE CASCADE;
ALTER TABLE runners ADD CONSTRAINT runners_deployment_key_fkey FOREIGN KEY (deployment_key) REFERENCES deployments(key) ON DELETE CASCADE;
ALTER TABLE runners ADD CONSTRAINT runners_model_version_fkey FOREIGN KEY (model_version) REFERENCES model_versions(key);
ALTER TABLE runners ADD CONSTRAINT runners_nodepool_key_fkey FOREIGN KEY (nodepool_key) REFERENCES nodepools(key);
ALTER TABLE runners ADD CONSTRAINT runners_user_key_fkey FOREIGN KEY (user_key) REFERENCES users(key);
ALTER TABLE runners ADD CONSTRAINT runners_workflow_version_fkey FOREIGN KEY (workflow_version) REFERENCES workflow_versions(key);
ALTER TABLE searches ADD CONSTRAINT searches_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE upload_parts ADD CONSTRAINT upload_parts_upload_key_fkey FOREIGN KEY (upload_key) REFERENCES uploads(key) ON DELETE CASCADE;
ALTER TABLE uploads ADD CONSTRAINT uploads_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
ALTER TABLE usage_records ADD CONSTRAINT usage_records_user_key_fkey FOREIGN KEY (user_key) REFERENCES users(key);
ALTER TABLE workflow_nodes ADD CONSTRAINT workflow_nodes_model_version_fkey FOREIGN KEY (model_version) REFERENCES model_versions(key) ON DELETE SET NULL;
ALTER TABLE workflow_nodes ADD CONSTRAINT workflow_nodes_version_key_fkey FOREIGN KEY (version_key) REFERENCES workflow_versions(key) ON DELETE CASCADE;
ALTER TABLE workflow_versions ADD CONSTRAINT workflow_versions_workflow_key_fkey FOREIGN KEY (workflow_key) REFERENCES workflows(key) ON DELETE CASCADE;
ALTER TABLE workflows ADD CONSTRAINT workflows_app_key_fkey FOREIGN KEY (app_key) REFERENCES apps(key);
