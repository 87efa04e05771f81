import { transaction } from '@limpid/store';
import { getTracks, insertTracks } from '@limpid/store/db/annotation-tracks';
import { ensureConcepts } from '@limpid/store/db/concepts';
import { alreadyExists, invalidArgument, isClientId, newHexId } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { checkBatch, requireInput, storedTrack, trackMessages } from './track-message.ts';

/** Adds tracks to an input, all or none. Concepts that do not exist yet are made. */
export const PostAnnotationTracks = rpc(
  'PostAnnotationTracks',
  { scope: 'app' },
  async (call, { annotationTracks: tracks, inputId }) => {
    const { deps, scope } = call;
    checkBatch(tracks.length);
    const planned = tracks.map((track) => {
      const id = track.id || newHexId(deps.random);
      if (!isClientId(id))
        throw invalidArgument(`'${id.slice(0, 80)}' is not a valid id`, 'annotation');
      if (track.inputId && track.inputId !== inputId)
        throw invalidArgument(`track '${id}' names another input`, 'annotation');
      const { labels, ...fields } = storedTrack(track);
      return { labels, row: { id, ...fields } };
    });
    const ids = planned.map(({ row }) => row.id);
    const rows = await transaction(deps.db, async (tx) => {
      const inputKey = await requireInput(tx, call, inputId);
      const labels = planned.flatMap((one) => one.labels);
      await ensureConcepts(tx, scope, labels);
      const fresh = planned.map(({ row }) => row);
      const made = new Set(await insertTracks(tx, scope, inputKey, fresh));
      const taken = ids.find((id) => !made.has(id)) ?? ids[0] ?? '';
      if (made.size < ids.length) throw alreadyExists('Annotation track', taken);
      return await getTracks(tx, scope, inputId, ids);
    });
    return { annotationTracks: await trackMessages(call, rows) };
  },
);
