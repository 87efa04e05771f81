import { streamLimits } from '@limpid/domain/input/frame-window';
import { inputStatus } from '@limpid/store/db/inputs';
import { rpc } from '../../rpc/rpc.ts';
import { frameSearch, framesOf } from './frame-search.ts';

/** Annotations of a video's frames one by one, of some tracks or of all that was said of them. */
export const StreamAnnotations = rpc(
  'StreamAnnotations',
  { scope: 'app' },
  async function* (call, request) {
    const { trackIds, minPredictionScore: minScore } = request;
    const narrowed = { trackIds, tracked: false, minScore };
    const { input, query } = await frameSearch(call, request, narrowed, streamLimits);
    const { pending, running } = inputStatus;
    const isProcessed = input.status_code !== pending && input.status_code !== running;
    for await (const { annotation, isLast } of framesOf(call, query))
      yield { annotation, frameFullyProcessed: isLast && isProcessed };
  },
);
