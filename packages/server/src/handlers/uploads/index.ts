import { DeleteUploads } from './DeleteUploads.ts';
import { GetUpload } from './GetUpload.ts';
import { ListUploads } from './ListUploads.ts';
import { PostUploads } from './PostUploads.ts';
import { PutUploadContentParts } from './PutUploadContentParts.ts';

export const uploads = {
  DeleteUploads,
  GetUpload,
  ListUploads,
  PostUploads,
  PutUploadContentParts,
};
