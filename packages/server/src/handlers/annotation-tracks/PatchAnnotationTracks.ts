import { annotationTrackPatch, applyPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { getTracks, lockTracks, updateTrack } from '@limpid/store/db/annotation-tracks';
import { ensureConcepts } from '@limpid/store/db/concepts';
import { AnnotationTrackSchema, notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import {
  checkBatch,
  requireInput,
  storedTrack,
  trackMessage,
  trackMessages,
} from './track-message.ts';

/** Changes tracks of an input, all or none; the annotations of their frames stay as they are. */
export const PatchAnnotationTracks = rpc(
  'PatchAnnotationTracks',
  { scope: 'app' },
  async (call, { annotationTracks: patches, inputId, action }) => {
    const { deps, scope } = call;
    checkBatch(patches.length);
    await requireInput(deps.db, call, inputId);
    const ids = patches.map(({ id }) => id);
    const rows = await transaction(deps.db, async (tx) => {
      await lockTracks(tx, scope, inputId, ids);
      for (const patch of patches) {
        const [row] = await getTracks(tx, scope, inputId, [patch.id]);
        if (!row) throw notFound();
        const after = applyPatch(
          AnnotationTrackSchema,
          trackMessage(row),
          patch,
          action,
          annotationTrackPatch,
        );
        const { labels, ...fields } = storedTrack(after);
        await ensureConcepts(tx, scope, labels);
        await updateTrack(tx, row.key, fields);
      }
      return await getTracks(tx, scope, inputId, ids);
    });
    return { annotationTracks: await trackMessages(call, rows) };
  },
);
