import { rpc } from '../../rpc/rpc.ts';
import { answerSearches } from './answer-search.ts';

/** Inputs that fit the filters, in the order of the ranks; each once. */
export const PostInputsSearches = rpc('PostInputsSearches', { scope: 'app' }, (call, request) =>
  answerSearches(call, 'input', request),
);
