import { DeleteDatasetInputs } from './DeleteDatasetInputs.ts';
import { DeleteDatasets } from './DeleteDatasets.ts';
import { DeleteDatasetVersions } from './DeleteDatasetVersions.ts';
import { GetDataset } from './GetDataset.ts';
import { GetDatasetInput } from './GetDatasetInput.ts';
import { GetDatasetVersion } from './GetDatasetVersion.ts';
import { ListDatasetInputs } from './ListDatasetInputs.ts';
import { ListDatasets } from './ListDatasets.ts';
import { ListDatasetVersionMetricsGroups } from './ListDatasetVersionMetricsGroups.ts';
import { ListDatasetVersions } from './ListDatasetVersions.ts';
import { PatchDatasets } from './PatchDatasets.ts';
import { PatchDatasetVersions } from './PatchDatasetVersions.ts';
import { PostDatasetInputs } from './PostDatasetInputs.ts';
import { PostDatasets } from './PostDatasets.ts';
import { PostDatasetVersions } from './PostDatasetVersions.ts';
import { PutDatasetVersionExports } from './PutDatasetVersionExports.ts';

export const datasets = {
  DeleteDatasetInputs,
  DeleteDatasetVersions,
  DeleteDatasets,
  GetDataset,
  GetDatasetInput,
  GetDatasetVersion,
  ListDatasetInputs,
  ListDatasetVersionMetricsGroups,
  ListDatasetVersions,
  ListDatasets,
  PatchDatasetVersions,
  PatchDatasets,
  PostDatasetInputs,
  PostDatasetVersions,
  PostDatasets,
  PutDatasetVersionExports,
};
