import { ListCloudProviders } from './ListCloudProviders.ts';
import { ListCloudRegions } from './ListCloudRegions.ts';
import { ListInstanceTypes } from './ListInstanceTypes.ts';

export const clouds = {
  ListCloudProviders,
  ListCloudRegions,
  ListInstanceTypes,
};
