import { enqueue, transaction } from '@limpid/store';
import { deleteUploads } from '@limpid/store/db/uploads';
import { notFound } from '@limpid/wire';
import { purgeBlobs } from '../../jobs.ts';
import { rpc } from '../../rpc/rpc.ts';

/** Deletes uploads with what came of their content, finished or not, all or none. */
export const DeleteUploads = rpc(
  'DeleteUploads',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const ids = [...new Set(request.ids)];
    await transaction(deps.db, async (tx) => {
      if ((await deleteUploads(tx, scope, ids)) < ids.length) throw notFound();
      if (ids.length > 0) await enqueue(tx, [purgeBlobs.with({}, { key: 'soon' })]);
    });
    return {};
  },
);
