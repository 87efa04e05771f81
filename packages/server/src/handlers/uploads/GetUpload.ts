import { requireUpload } from '../../flows/upload/receive.ts';
import { rpc } from '../../rpc/rpc.ts';
import { uploadMessage } from './upload-message.ts';

export const GetUpload = rpc('GetUpload', { scope: 'app' }, async ({ deps, scope }, request) => {
  const row = await requireUpload(deps.db, scope, request.uploadId);
  return { upload: uploadMessage(deps, scope, row) };
});
