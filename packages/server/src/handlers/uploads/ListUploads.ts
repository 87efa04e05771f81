import { pageOf } from '@limpid/domain/page';
import { listUploads } from '@limpid/store/db/uploads';
import { rpc } from '../../rpc/rpc.ts';
import { uploadMessage } from './upload-message.ts';

/** Newest first. */
export const ListUploads = rpc(
  'ListUploads',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const rows = await listUploads(deps.db, scope, pageOf(request));
    return { uploads: rows.map((row) => uploadMessage(deps, scope, row)) };
  },
);
