import { DeleteComputeClusters } from './DeleteComputeClusters.ts';
import { GetComputeCluster } from './GetComputeCluster.ts';
import { ListComputeClusters } from './ListComputeClusters.ts';
import { PatchComputeClusters } from './PatchComputeClusters.ts';
import { PostComputeClusters } from './PostComputeClusters.ts';

export const computeClusters = {
  DeleteComputeClusters,
  GetComputeCluster,
  ListComputeClusters,
  PatchComputeClusters,
  PostComputeClusters,
};
