import { DeleteAnnotationTracks } from './DeleteAnnotationTracks.ts';
import { ListAnnotationTracks } from './ListAnnotationTracks.ts';
import { PatchAnnotationTracks } from './PatchAnnotationTracks.ts';
import { PostAnnotationTracks } from './PostAnnotationTracks.ts';

export const annotationTracks = {
  DeleteAnnotationTracks,
  ListAnnotationTracks,
  PatchAnnotationTracks,
  PostAnnotationTracks,
};
