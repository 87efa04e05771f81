import { GetModelType } from './GetModelType.ts';
import { ListModelTypes } from './ListModelTypes.ts';

export const modelTypes = {
  GetModelType,
  ListModelTypes,
};
