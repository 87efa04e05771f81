import { DeleteDatasetInputs } from './DeleteDatasetInputs.ts';
import { DeleteDatasets } from './DeleteDatasets.ts';
import { GetDataset } from './GetDataset.ts';
import { GetDatasetInput } from './GetDatasetInput.ts';
import { ListDatasetInputs } from './ListDatasetInputs.ts';
import { ListDatasets } from './ListDatasets.ts';
import { PatchDatasets } from './PatchDatasets.ts';
import { PostDatasetInputs } from './PostDatasetInputs.ts';
import { PostDatasets } from './PostDatasets.ts';

export const datasets = {
  DeleteDatasetInputs,
  DeleteDatasets,
  GetDataset,
  GetDatasetInput,
  ListDatasetInputs,
  ListDatasets,
  PatchDatasets,
  PostDatasetInputs,
  PostDatasets,
};
