import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AppScope } from '@limpid/domain/access/authority';
import { extractionJobsOf } from '@limpid/store/db/extraction-jobs';
import type { InputJobRow } from '@limpid/store/db/input-jobs';
import { getUploads } from '@limpid/store/db/uploads';
import { create, type InputsAddJob, InputsAddJobSchema, statusInfo } from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { extractionMessage } from '../extraction-jobs/extraction-message.ts';
import { uploadMessage } from '../uploads/upload-message.ts';

export function jobMessage(row: InputJobRow): InputsAddJob {
  const { pending, running, done, failed } = row.progress;
  return create(InputsAddJobSchema, {
    id: row.id,
    progress: {
      pendingCount: BigInt(pending),
      inProgressCount: BigInt(running),
      successCount: BigInt(done),
      failedCount: BigInt(failed),
    },
    createdAt: timestampFromDate(row.created_at),
    modifiedAt: timestampFromDate(row.modified_at),
    status: { code: row.status_code, description: statusInfo(row.status_code).description },
  });
}

/** Jobs with the archives that their inputs come from. */
export async function presentJobs(
  deps: Deps,
  scope: AppScope,
  rows: readonly InputJobRow[],
): Promise<InputsAddJob[]> {
  const extractions = await extractionJobsOf(
    deps.db,
    scope,
    rows.map(({ key }) => key),
  );
  const uploadIds = extractions.flatMap(({ upload_id: id }) => id ?? []);
  const uploads = new Map(
    (await getUploads(deps.db, scope, uploadIds)).map((row) => [row.id, row]),
  );
  return rows.map((row) => {
    const own = extractions.filter(({ input_job: job }) => job === row.key);
    const message = jobMessage(row);
    message.extractionJobs = own.map((one) => extractionMessage(deps, scope, one));
    message.uploads = own
      .flatMap(({ upload_id: id }) => uploads.get(id ?? '') ?? [])
      .map((upload) => uploadMessage(deps, scope, upload));
    return message;
  });
}
