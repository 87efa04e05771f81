import { rpc } from '../../rpc/rpc.ts';
import { answerSearches } from './answer-search.ts';

/** Annotations that fit all filters by themselves. Where no filter says how they must be, inputs and parts of them. */
export const PostAnnotationsSearches = rpc(
  'PostAnnotationsSearches',
  { scope: 'app' },
  (call, request) => answerSearches(call, 'annotation', request),
);
