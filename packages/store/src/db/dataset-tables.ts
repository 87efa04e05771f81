// Row types of datasets, their versions, and files that come in parts.
import type { Generated } from 'kysely';
import type { Body, Key, Maybe, Moment, RequiredBody } from './column-types.ts';

export interface DatasetsTable {
  key: Key;
  app_key: bigint;
  id: string;
  visibility: Generated<number>;
  star_count: Generated<number>;
  annotation_filter: Maybe<bigint>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
}

export interface DatasetInputsTable {
  key: Key;
  dataset_key: bigint;
  input_key: bigint;
  created_at: Moment;
}

export interface DatasetVersionsTable {
  key: Key;
  dataset_key: bigint;
  id: string;
  status_code: number;
  status_details: Generated<string>;
  visibility: Generated<number>;
  body: Body;
  created_at: Moment;
  modified_at: Moment;
}

export interface DatasetVersionInputsTable {
  version_key: bigint;
  ordinal: bigint;
  input_id: string;
  body: RequiredBody;
}

export interface DatasetVersionMetricsTable {
  version_key: bigint;
  ordinal: number;
  parent_path: string;
  type: number;
  value: RequiredBody;
  body: RequiredBody;
}

export interface DatasetVersionExportsTable {
  version_key: bigint;
  format: number;
  status_code: number;
  status_details: Generated<string>;
  blob: Maybe<string>;
  size: Generated<bigint>;
  created_at: Moment;
  modified_at: Moment;
}

export interface UploadsTable {
  key: Key;
  app_key: bigint;
  id: string;
  status_code: number;
  status_details: Generated<string>;
  content_name: string;
  content_length: bigint;
  created_at: Moment;
  modified_at: Moment;
  expires_at: Date;
}

export interface UploadPartsTable {
  upload_key: bigint;
  number: number;
  blob: string;
  size: bigint;
  sha256: Buffer;
}

export interface ExtractionJobsTable {
  key: Key;
  app_key: bigint;
  id: string;
  input_job: bigint;
  upload_key: Maybe<bigint>;
  user_key: bigint;
  status_code: number;
  status_details: Generated<string>;
  suffix_ids: boolean;
  template: Body;
  position: Generated<bigint>;
  image_count: Generated<number>;
  video_count: Generated<number>;
  audio_count: Generated<number>;
  text_count: Generated<number>;
  created_at: Moment;
  modified_at: Moment;
}
