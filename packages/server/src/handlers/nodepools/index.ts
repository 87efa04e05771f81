import { DeleteNodepools } from './DeleteNodepools.ts';
import { GetNodepool } from './GetNodepool.ts';
import { ListNodepools } from './ListNodepools.ts';
import { PatchNodepools } from './PatchNodepools.ts';
import { PostNodepools } from './PostNodepools.ts';

export const nodepools = {
  DeleteNodepools,
  GetNodepool,
  ListNodepools,
  PatchNodepools,
  PostNodepools,
};
