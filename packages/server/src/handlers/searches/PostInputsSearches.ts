import { rpc } from '../../rpc/rpc.ts';
import { answerCounts, answerSearch } from './answer-search.ts';

/** Inputs that fit the filters, in the order of the ranks; each once. */
export const PostInputsSearches = rpc('PostInputsSearches', { scope: 'app' }, (call, request) =>
  request.onlyCount
    ? answerCounts(call, 'input', request.searches)
    : answerSearch(call, 'input', request),
);
