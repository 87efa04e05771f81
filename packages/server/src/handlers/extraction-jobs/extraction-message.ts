import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AppScope } from '@limpid/domain/access/authority';
import { readDoc } from '@limpid/store';
import {
  type ExtractionJobRow,
  extractionStatus,
  getExtractionJobs,
} from '@limpid/store/db/extraction-jobs';
import {
  create,
  InputIDConflictResolution,
  InputSchema,
  type InputsExtractionJob,
  InputsExtractionJobSchema,
  notFound,
  StatusSchema,
  statusInfo,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { uploadUrl } from '../../flows/upload/content.ts';

const { queued, running, completed, failed } = extractionStatus;

/** A job as clients see it. Its one archive is counted where its status puts it. */
export function extractionMessage(
  deps: Pick<Deps, 'config'>,
  scope: AppScope,
  row: ExtractionJobRow,
): InputsExtractionJob {
  const { status_code: code } = row;
  const countIf = (status: number) => (code === status ? 1n : 0n);
  return create(InputsExtractionJobSchema, {
    id: row.id,
    url: row.upload_id ? uploadUrl(deps, scope, row.upload_id) : '',
    createdAt: timestampFromDate(row.created_at),
    modifiedAt: timestampFromDate(row.modified_at),
    inputIdConflictResolution: row.suffix_ids
      ? InputIDConflictResolution.SUFFIX
      : InputIDConflictResolution.SKIP,
    inputTemplate: readDoc(InputSchema, row.template),
    progress: {
      imageInputsCount: BigInt(row.image_count),
      videoInputsCount: BigInt(row.video_count),
      audioInputsCount: BigInt(row.audio_count),
      textInputsCount: BigInt(row.text_count),
      pendingArchivesCount: countIf(queued),
      inProgressArchivesCount: countIf(running),
      completedArchivesCount: countIf(completed),
      failedArchivesCount: countIf(failed),
    },
    status: create(StatusSchema, {
      code,
      description: statusInfo(code).description,
      details: row.status_details,
    }),
  });
}

/** Jobs by id, all of them or none. */
export async function requireExtractionJobs(
  db: Deps['db'],
  scope: AppScope,
  ids: readonly string[],
): Promise<ExtractionJobRow[]> {
  const rows = await getExtractionJobs(db, scope, ids);
  if (rows.length < ids.length) throw notFound();
  return rows;
}
