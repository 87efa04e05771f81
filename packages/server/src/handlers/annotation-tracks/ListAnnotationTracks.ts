import { pageOf } from '@limpid/domain/page';
import { listTracks } from '@limpid/store/db/annotation-tracks';
import { rpc } from '../../rpc/rpc.ts';
import { requireInput, trackMessages } from './track-message.ts';

/** The tracks of an input, or some of them, in the order in which they were made. */
export const ListAnnotationTracks = rpc(
  'ListAnnotationTracks',
  { scope: 'app' },
  async (call, request) => {
    const { deps, scope } = call;
    await requireInput(deps.db, call, request.inputId);
    const rows = await listTracks(deps.db, scope, request.inputId, request.ids, pageOf(request));
    return { annotationTracks: await trackMessages(call, rows) };
  },
);
