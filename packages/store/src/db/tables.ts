// Row types of the migrations. bigint columns come back as bigint, timestamptz as Date, jsonb as parsed JSON.
import type { ColumnType, Generated } from 'kysely';
import type { Body, Key, Maybe, MaybeJson, MaybeMoment, Moment } from './column-types.ts';
import type {
  DatasetInputsTable,
  DatasetsTable,
  DatasetVersionExportsTable,
  DatasetVersionInputsTable,
  DatasetVersionMetricsTable,
  DatasetVersionsTable,
  ExtractionJobsTable,
  UploadPartsTable,
  UploadsTable,
} from './dataset-tables.ts';

export type * from './dataset-tables.ts';

export interface UsersTable {
  key: Key;
  id: string;
  email: Maybe<string>;
  password_hash: Maybe<string>;
  visibility: Generated<number>;
  is_admin: Generated<boolean>;
  is_system: Generated<boolean>;
  disabled_at: MaybeMoment;
  rate_limit_rps: Maybe<number>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
}

export interface AppsTable {
  key: Key;
  user_key: bigint;
  id: string;
  visibility: Generated<number>;
  is_template: Generated<boolean>;
  default_language: Generated<string>;
  default_workflow: Maybe<bigint>;
  sample_ms: Maybe<number>;
  star_count: Generated<number>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
  deleted_at: MaybeMoment;
}

export interface CredentialsTable {
  key: Key;
  user_key: bigint;
  app_key: Maybe<bigint>;
  kind: 'pat' | 'app_key' | 'session' | 'runner';
  public_id: string;
  secret_hash: Buffer;
  description: Generated<string>;
  scopes: Generated<string[]>;
  endpoints: Generated<string[]>;
  from_env: Generated<boolean>;
  runner_id: Maybe<string>;
  created_at: Moment;
  expires_at: MaybeMoment;
}

export interface ConceptsTable {
  key: Key;
  app_key: bigint;
  id: string;
  name: string;
  language: Generated<string>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
}

export interface ConceptLanguagesTable {
  concept_key: bigint;
  language: string;
  name: string;
  definition: Generated<string>;
  created_at: Moment;
  modified_at: Moment;
}

export interface KnowledgeGraphsTable {
  key: Key;
  app_key: bigint;
  id: string;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
}

export interface ConceptRelationsTable {
  key: Key;
  app_key: bigint;
  id: string;
  subject_key: bigint;
  object_key: bigint;
  predicate: 'hyponym' | 'synonym';
  knowledge_graph_id: Generated<string>;
  visibility: Generated<number>;
  created_at: Moment;
}

export interface ModelsTable {
  key: Key;
  app_key: bigint;
  id: string;
  model_type_id: string;
  name: string;
  visibility: Generated<number>;
  featured_order: Maybe<number>;
  star_count: Generated<number>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
  deleted_at: MaybeMoment;
}

export interface ModelAliasesTable {
  app_key: bigint;
  alias: string;
  model_key: bigint;
}

export interface ModelVersionsTable {
  key: Key;
  model_key: bigint;
  id: string;
  status_code: number;
  status_details: Generated<string>;
  visibility: Generated<number>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
  completed_at: MaybeMoment;
  deleted_at: MaybeMoment;
}

export interface ModelVersionConceptsTable {
  version_key: bigint;
  ordinal: number;
  concept_key: bigint;
  value: Maybe<number>;
}

export interface WorkflowsTable {
  key: Key;
  app_key: bigint;
  id: string;
  visibility: Generated<number>;
  star_count: Generated<number>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
  deleted_at: MaybeMoment;
}

export interface WorkflowVersionsTable {
  key: Key;
  workflow_key: bigint;
  id: string;
  visibility: Generated<number>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
  deleted_at: MaybeMoment;
}

export interface WorkflowNodesTable {
  version_key: bigint;
  ordinal: number;
  id: string;
  model_version: Maybe<bigint>;
  body: Body;
}

export interface InputJobsTable {
  key: Key;
  app_key: bigint;
  id: string;
  status_code: number;
  refused_count: Generated<number>;
  accepted_count: Generated<number>;
  done_count: Generated<number>;
  failed_count: Generated<number>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
}

export interface InputCallsTable {
  job_key: bigint;
  content_hash: Buffer;
  answer: ColumnType<unknown, string, string>;
  created_at: Moment;
}

export interface InputsTable {
  key: Key;
  app_key: bigint;
  id: string;
  kind: string;
  status_code: number;
  status_details: Generated<string>;
  body: Body;
  metadata: MaybeJson;
  latitude: Maybe<number>;
  longitude: Maybe<number>;
  url_hash: Maybe<Buffer>;
  media: MaybeJson;
  job_key: Maybe<bigint>;
  attempts: Generated<number>;
  xid: Generated<bigint>;
  created_at: Moment;
  modified_at: Moment;
}

/** Written by triggers on inputs alone. */
export interface InputFactsTable {
  app_key: bigint;
  fact: bigint;
  input_key: bigint;
}

export interface AnnotationsTable {
  key: Key;
  app_key: bigint;
  input_key: bigint;
  id: string;
  input_level: Generated<boolean>;
  status_code: number;
  status_details: Generated<string>;
  user_key: Maybe<bigint>;
  model_version: Maybe<bigint>;
  workflow_version: Maybe<bigint>;
  task_id: Maybe<string>;
  body: Body;
  xid: Generated<bigint>;
  created_at: Moment;
  modified_at: Moment;
}

export interface AnnotationConceptsTable {
  annotation_key: bigint;
  ordinal: number;
  app_key: bigint;
  input_key: bigint;
  concept_key: bigint;
  value: number;
}

export interface AnnotationTracksTable {
  key: Key;
  app_key: bigint;
  input_key: bigint;
  id: string;
  status_code: number;
  status_details: Generated<string>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
}

export interface EmbeddingsTable {
  key: Key;
  app_key: bigint;
  input_key: bigint;
  annotation_key: Maybe<bigint>;
  workflow_version: Maybe<bigint>;
  space: bigint;
  region: MaybeJson;
  vector: Buffer;
  indexed: Generated<boolean>;
  created_at: Moment;
}

export interface SearchesTable {
  key: Key;
  app_key: bigint;
  id: string;
  unit: 'input' | 'annotation';
  visibility: Generated<number>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
}

export interface AnnotationFiltersTable {
  key: Key;
  app_key: bigint;
  id: string;
  search_key: bigint;
  created_at: Moment;
  modified_at: Moment;
}

export interface BlobTrashTable {
  key: Key;
  blob: string;
  created_at: Moment;
  due_at: Moment;
}

export interface VectorTrashTable {
  key: Key;
  space: bigint;
  embedding: bigint;
  created_at: Moment;
}

export interface ComputeClustersTable {
  key: Key;
  user_key: bigint;
  id: string;
  visibility: Generated<number>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
}

export interface NodepoolsTable {
  key: Key;
  cluster_key: bigint;
  id: string;
  visibility: Generated<number>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
}

export interface DeploymentsTable {
  key: Key;
  user_key: bigint;
  id: string;
  visibility: Generated<number>;
  model_version: Maybe<bigint>;
  workflow_version: Maybe<bigint>;
  disabled: Generated<boolean>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
}

export interface DeploymentNodepoolsTable {
  deployment_key: bigint;
  nodepool_key: bigint;
  ordinal: number;
}

export interface RunnersTable {
  key: Key;
  user_key: bigint;
  nodepool_key: bigint;
  deployment_key: Maybe<bigint>;
  id: string;
  model_version: Maybe<bigint>;
  workflow_version: Maybe<bigint>;
  num_replicas: Generated<number>;
  managed_by: Generated<string>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
}

export interface UsageRecordsTable {
  key: Key;
  request_id: string;
  ordinal: number;
  user_key: bigint;
  app_key: Maybe<bigint>;
  model_version: Maybe<bigint>;
  operation: string;
  quantity: Generated<bigint>;
  body: Body;
  created_at: Moment;
}

export interface Tables {
  users: UsersTable;
  apps: AppsTable;
  credentials: CredentialsTable;
  concepts: ConceptsTable;
  concept_languages: ConceptLanguagesTable;
  knowledge_graphs: KnowledgeGraphsTable;
  concept_relations: ConceptRelationsTable;
  models: ModelsTable;
  model_aliases: ModelAliasesTable;
  model_versions: ModelVersionsTable;
  model_version_concepts: ModelVersionConceptsTable;
  workflows: WorkflowsTable;
  workflow_versions: WorkflowVersionsTable;
  workflow_nodes: WorkflowNodesTable;
  input_jobs: InputJobsTable;
  input_calls: InputCallsTable;
  inputs: InputsTable;
  input_facts: InputFactsTable;
  annotations: AnnotationsTable;
  annotation_concepts: AnnotationConceptsTable;
  annotation_tracks: AnnotationTracksTable;
  embeddings: EmbeddingsTable;
  searches: SearchesTable;
  annotation_filters: AnnotationFiltersTable;
  datasets: DatasetsTable;
  dataset_inputs: DatasetInputsTable;
  dataset_versions: DatasetVersionsTable;
  dataset_version_inputs: DatasetVersionInputsTable;
  dataset_version_metrics: DatasetVersionMetricsTable;
  dataset_version_exports: DatasetVersionExportsTable;
  extraction_jobs: ExtractionJobsTable;
  uploads: UploadsTable;
  upload_parts: UploadPartsTable;
  blob_trash: BlobTrashTable;
  vector_trash: VectorTrashTable;
  compute_clusters: ComputeClustersTable;
  nodepools: NodepoolsTable;
  deployments: DeploymentsTable;
  deployment_nodepools: DeploymentNodepoolsTable;
  runners: RunnersTable;
  usage_records: UsageRecordsTable;
}
