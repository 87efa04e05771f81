import { DeleteDeployments } from './DeleteDeployments.ts';
import { GetDeployment } from './GetDeployment.ts';
import { ListDeployments } from './ListDeployments.ts';
import { PatchDeployments } from './PatchDeployments.ts';
import { PostDeployments } from './PostDeployments.ts';

export const deployments = {
  DeleteDeployments,
  GetDeployment,
  ListDeployments,
  PatchDeployments,
  PostDeployments,
};
