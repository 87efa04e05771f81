import { DeleteDatasets } from './DeleteDatasets.ts';
import { GetDataset } from './GetDataset.ts';
import { ListDatasets } from './ListDatasets.ts';
import { PatchDatasets } from './PatchDatasets.ts';
import { PostDatasets } from './PostDatasets.ts';

export const datasets = {
  DeleteDatasets,
  GetDataset,
  ListDatasets,
  PatchDatasets,
  PostDatasets,
};
