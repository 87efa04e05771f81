import { DeleteModel } from './DeleteModel.ts';
import { DeleteModels } from './DeleteModels.ts';
import { GetModel } from './GetModel.ts';
import { GetModelOutputInfo } from './GetModelOutputInfo.ts';
import { ListModelConcepts } from './ListModelConcepts.ts';
import { ListModelReferences } from './ListModelReferences.ts';
import { ListModels } from './ListModels.ts';
import { PatchModelCheckConsents } from './PatchModelCheckConsents.ts';
import { PatchModelIds } from './PatchModelIds.ts';
import { PatchModelLanguages } from './PatchModelLanguages.ts';
import { PatchModels } from './PatchModels.ts';
import { PatchModelToolkits } from './PatchModelToolkits.ts';
import { PatchModelUseCases } from './PatchModelUseCases.ts';
import { PostModels } from './PostModels.ts';
import { PostModelsSearches } from './PostModelsSearches.ts';

export const models = {
  DeleteModel,
  DeleteModels,
  GetModel,
  GetModelOutputInfo,
  ListModelConcepts,
  ListModelReferences,
  ListModels,
  PatchModelCheckConsents,
  PatchModelIds,
  PatchModelLanguages,
  PatchModelToolkits,
  PatchModelUseCases,
  PatchModels,
  PostModels,
  PostModelsSearches,
};
