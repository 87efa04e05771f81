import { pageOf } from '@limpid/domain/page';
import { listWorkers } from '@limpid/store/db/annotation-queries';
import { modelRefs } from '@limpid/store/db/worker-refs';
import { create, UserSchema, WorkerSchema } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { workerMessage } from '../runners/worker-message.ts';

/** Who has annotated in the app: people first, then model versions. */
export const ListAnnotationWorkers = rpc(
  'ListAnnotationWorkers',
  { scope: 'app' },
  async (call, request) => {
    const { db } = call.deps;
    const rows = await listWorkers(db, call.scope, pageOf(request));
    const models = await modelRefs(
      db,
      rows.flatMap((row) => row.model_version ?? []),
    );
    const workers = rows.flatMap((row) => {
      if (row.user_id !== null) {
        const value = create(UserSchema, { id: row.user_id });
        return [create(WorkerSchema, { worker: { case: 'user', value } })];
      }
      const model = row.model_version === null ? undefined : models.get(row.model_version);
      return model ? [workerMessage(model)] : [];
    });
    return { workers };
  },
);
