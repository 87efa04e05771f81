import { DeleteModelVersion } from './DeleteModelVersion.ts';
import { GetModelVersion } from './GetModelVersion.ts';
import { ListModelVersions } from './ListModelVersions.ts';
import { PatchModelVersions } from './PatchModelVersions.ts';
import { PostModelVersions } from './PostModelVersions.ts';

export const modelVersions = {
  DeleteModelVersion,
  GetModelVersion,
  ListModelVersions,
  PatchModelVersions,
  PostModelVersions,
};
