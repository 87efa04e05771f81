import { DeleteRunners } from './DeleteRunners.ts';
import { GetRunner } from './GetRunner.ts';
import { ListRunnerItems } from './ListRunnerItems.ts';
import { ListRunners } from './ListRunners.ts';
import { PatchRunners } from './PatchRunners.ts';
import { PostRunnerItemOutputs } from './PostRunnerItemOutputs.ts';
import { PostRunners } from './PostRunners.ts';
import { ProcessRunnerItems } from './ProcessRunnerItems.ts';

export const runners = {
  DeleteRunners,
  GetRunner,
  ListRunnerItems,
  ListRunners,
  PatchRunners,
  PostRunnerItemOutputs,
  PostRunners,
  ProcessRunnerItems,
};
