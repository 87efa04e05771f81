import { transaction } from '@limpid/store';
import { deleteTracks } from '@limpid/store/db/annotation-tracks';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** Deletes tracks, all or none, with the annotations whose every region is of them. */
export const DeleteAnnotationTracks = rpc(
  'DeleteAnnotationTracks',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const ids = [...new Set(request.ids)];
    await transaction(deps.db, async (tx) => {
      const deleted = await deleteTracks(tx, scope, request.inputId || undefined, ids);
      if (deleted.size < ids.length) throw notFound();
    });
    return {};
  },
);
