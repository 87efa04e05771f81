import { DeleteAnnotation } from './DeleteAnnotation.ts';
import { DeleteAnnotations } from './DeleteAnnotations.ts';
import { GetAnnotation } from './GetAnnotation.ts';
import { ListAnnotations } from './ListAnnotations.ts';
import { ListAnnotationWorkers } from './ListAnnotationWorkers.ts';
import { PatchAnnotations } from './PatchAnnotations.ts';
import { PatchAnnotationsStatus } from './PatchAnnotationsStatus.ts';
import { PostAnnotations } from './PostAnnotations.ts';

export const annotations = {
  DeleteAnnotation,
  DeleteAnnotations,
  GetAnnotation,
  ListAnnotationWorkers,
  ListAnnotations,
  PatchAnnotations,
  PatchAnnotationsStatus,
  PostAnnotations,
};
