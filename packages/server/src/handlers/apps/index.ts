import { DeleteApp } from './DeleteApp.ts';
import { GetApp } from './GetApp.ts';
import { GetResourceCounts } from './GetResourceCounts.ts';
import { ListApps } from './ListApps.ts';
import { PatchApp } from './PatchApp.ts';
import { PatchApps } from './PatchApps.ts';
import { PatchAppsDetails } from './PatchAppsDetails.ts';
import { PatchAppsIds } from './PatchAppsIds.ts';
import { PostApps } from './PostApps.ts';
import { PostAppsSearches } from './PostAppsSearches.ts';

export const apps = {
  DeleteApp,
  GetApp,
  GetResourceCounts,
  ListApps,
  PatchApp,
  PatchApps,
  PatchAppsDetails,
  PatchAppsIds,
  PostApps,
  PostAppsSearches,
};
