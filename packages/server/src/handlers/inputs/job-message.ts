import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { InputJobRow } from '@limpid/store/db/input-jobs';
import { create, type InputsAddJob, InputsAddJobSchema, statusInfo } from '@limpid/wire';

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
