import { uploadLimits } from '@limpid/domain/upload/limits';
import { transaction } from '@limpid/store';
import { getUploads, insertUploads } from '@limpid/store/db/uploads';
import { invalidRequest } from '@limpid/wire';
import { conflict, lifetime } from '../../flows/upload/receive.ts';
import { rpc } from '../../rpc/rpc.ts';
import { newUpload, uploadMessage } from './upload-message.ts';

/** Begins uploads, all or none. Their content follows in parts. */
export const PostUploads = rpc('PostUploads', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  const { uploads } = request;
  if (uploads.length === 0 || uploads.length > uploadLimits.perCall)
    throw invalidRequest(`give 1 to ${uploadLimits.perCall} uploads`);
  const planned = uploads.map((upload) => newUpload(deps, upload));
  const ids = planned.map(({ id }) => id);
  const rows = await transaction(deps.db, async (tx) => {
    const made = await insertUploads(tx, scope, planned, lifetime(deps));
    if (made.length < planned.length) throw conflict('an upload of this id exists');
    return await getUploads(tx, scope, ids);
  });
  return { uploads: rows.map((row) => uploadMessage(deps, scope, row)) };
});
