import { GenerateModelOutputs } from './GenerateModelOutputs.ts';
import { PostModelOutputs } from './PostModelOutputs.ts';
import { StreamModelOutputs } from './StreamModelOutputs.ts';

export const predictions = {
  GenerateModelOutputs,
  PostModelOutputs,
  StreamModelOutputs,
};
