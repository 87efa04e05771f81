import { DeleteAnnotationTracks } from './DeleteAnnotationTracks.ts';
import { ListAnnotationTracks } from './ListAnnotationTracks.ts';
import { PatchAnnotationTracks } from './PatchAnnotationTracks.ts';
import { PostAnnotationTracks } from './PostAnnotationTracks.ts';
import { PostTrackAnnotationsSearches } from './PostTrackAnnotationsSearches.ts';
import { StreamAnnotations } from './StreamAnnotations.ts';
import { StreamTrackAnnotationsSearches } from './StreamTrackAnnotationsSearches.ts';

export const annotationTracks = {
  DeleteAnnotationTracks,
  ListAnnotationTracks,
  PatchAnnotationTracks,
  PostAnnotationTracks,
  PostTrackAnnotationsSearches,
  StreamAnnotations,
  StreamTrackAnnotationsSearches,
};
