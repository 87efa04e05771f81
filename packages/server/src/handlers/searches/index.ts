import { DeleteSearch } from './DeleteSearch.ts';
import { GetSearch } from './GetSearch.ts';
import { ListSearches } from './ListSearches.ts';
import { PatchAnnotationsSearches } from './PatchAnnotationsSearches.ts';
import { PatchInputsSearches } from './PatchInputsSearches.ts';
import { PatchSearches } from './PatchSearches.ts';
import { PostAnnotationsSearches } from './PostAnnotationsSearches.ts';
import { PostInputsSearches } from './PostInputsSearches.ts';
import { PostSearches } from './PostSearches.ts';
import { PostSearchesByID } from './PostSearchesByID.ts';

export const searches = {
  DeleteSearch,
  GetSearch,
  ListSearches,
  PatchAnnotationsSearches,
  PatchInputsSearches,
  PatchSearches,
  PostAnnotationsSearches,
  PostInputsSearches,
  PostSearches,
  PostSearchesByID,
};
