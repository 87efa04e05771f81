import { DeleteAnnotationFilters } from './DeleteAnnotationFilters.ts';
import { GetAnnotationFilter } from './GetAnnotationFilter.ts';
import { ListAnnotationFilters } from './ListAnnotationFilters.ts';
import { PatchAnnotationFilters } from './PatchAnnotationFilters.ts';
import { PostAnnotationFilters } from './PostAnnotationFilters.ts';

export const annotationFilters = {
  DeleteAnnotationFilters,
  GetAnnotationFilter,
  ListAnnotationFilters,
  PatchAnnotationFilters,
  PostAnnotationFilters,
};
