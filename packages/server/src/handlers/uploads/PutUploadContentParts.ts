import { receiveParts } from '../../flows/upload/receive.ts';
import { rpc } from '../../rpc/rpc.ts';
import { uploadMessage } from './upload-message.ts';

/** Takes parts of an upload's content. The upload is done when they make up its whole length. */
export const PutUploadContentParts = rpc(
  'PutUploadContentParts',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const row = await receiveParts(deps, scope, request.uploadId, request.contentParts);
    return { upload: uploadMessage(deps, scope, row) };
  },
);
