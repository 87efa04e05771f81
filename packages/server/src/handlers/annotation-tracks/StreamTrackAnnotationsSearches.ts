import { streamLimits } from '@limpid/domain/input/frame-window';
import { rpc } from '../../rpc/rpc.ts';
import { frameSearch, framesOf } from './frame-search.ts';

/** The older form of StreamAnnotations: of one track, or of all tracks. */
export const StreamTrackAnnotationsSearches = rpc(
  'StreamTrackAnnotationsSearches',
  { scope: 'app' },
  async function* (call, request) {
    const trackIds = request.trackId ? [request.trackId] : [];
    const narrowed = { trackIds, tracked: true, minScore: 0 };
    const { query } = await frameSearch(call, request, narrowed, streamLimits);
    for await (const { annotation } of framesOf(call, query)) yield { annotation };
  },
);
