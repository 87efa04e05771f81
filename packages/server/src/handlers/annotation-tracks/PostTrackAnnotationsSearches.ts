import { searchLimits } from '@limpid/domain/input/frame-window';
import type { Annotation } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { frameSearch, framesOf } from './frame-search.ts';

/** Annotations of one track, or of all tracks, in a few frames of a video. Without a worker those of people too. */
export const PostTrackAnnotationsSearches = rpc(
  'PostTrackAnnotationsSearches',
  { scope: 'app' },
  async (call, request) => {
    const trackIds = request.trackId ? [request.trackId] : [];
    const narrowed = { trackIds, tracked: true, minScore: 0 };
    const { query } = await frameSearch(call, request, narrowed, searchLimits);
    const annotations: Annotation[] = [];
    for await (const { annotation } of framesOf(call, query)) annotations.push(annotation);
    return { annotations };
  },
);
