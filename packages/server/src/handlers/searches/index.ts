import { PostAnnotationsSearches } from './PostAnnotationsSearches.ts';
import { PostInputsSearches } from './PostInputsSearches.ts';
import { PostSearches } from './PostSearches.ts';

export const searches = { PostAnnotationsSearches, PostInputsSearches, PostSearches };
