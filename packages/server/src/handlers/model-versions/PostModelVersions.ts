import { startOf } from '@limpid/domain/model/version-start';
import { checkOutputInfo } from '@limpid/domain/model-types/check-params';
import { findModelType } from '@limpid/domain/model-types/registry';
import { type Tx, transaction } from '@limpid/store';
import {
  insertModelVersion,
  type NewModelVersion,
  setVocabulary,
} from '@limpid/store/db/model-versions';
import { getModels, lockModel, type ModelRow } from '@limpid/store/db/models';
import { INHERITED } from '@limpid/store/db/place';
import {
  alreadyExists,
  create,
  invalidArgument,
  isClientId,
  type ModelVersion,
  ModelVersionSchema,
  modelNotFound,
  newHexId,
  notImplemented,
  type PostModelVersionsRequest,
  StatusCode,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';
import { modelMessage } from '../models/model-message.ts';
import { versionBody } from './version-message.ts';
import { type Vocabulary, vocabularyOf } from './vocabulary.ts';

/** Adds a version to a model. It answers with the model, as the documentation has it. */
export const PostModelVersions = rpc(
  'PostModelVersions',
  { scope: 'app', missing: 'model' },
  async (call, request) => {
    const version = versionOf(request);
    const vocabulary = await vocabularyOf(call, version.outputInfo?.data?.concepts ?? []);
    const [row] = await transaction(call.deps.db, async (tx) => {
      const model = await lockedModel(call, tx, request.modelId);
      requireReady(model, version);
      checkOutputInfo(findModelType(model.model_type_id), version.outputInfo);
      await addVersion(tx, model, planOf(call, version), vocabulary);
      return await getModels(tx, [model.key]);
    });
    return row ? { model: modelMessage(row) } : {};
  },
);

/** The one version of the request. None at all stands for one with nothing special. */
function versionOf(request: PostModelVersionsRequest): ModelVersion {
  const [version = create(ModelVersionSchema), ...others] = request.modelVersions;
  if (others.length > 0) throw invalidArgument('Give one model version', 'model');
  if (version.id && !isClientId(version.id)) {
    throw invalidArgument(`'${version.id.slice(0, 80)}' is not a valid model version id`, 'model');
  }
  version.description ||= request.description;
  return version;
}

async function lockedModel(call: Call<'app'>, tx: Tx, id: string): Promise<ModelRow> {
  const key = await lockModel(tx, call.scope, id);
  const [model] = key === undefined ? [] : await getModels(tx, [key]);
  if (!model) throw modelNotFound();
  return model;
}

function requireReady(model: ModelRow, version: ModelVersion): void {
  const start = startOf(findModelType(model.model_type_id), version);
  switch (start) {
    case 'ready':
      return;
    case 'training':
      throw notImplemented(`Training of ${model.model_type_id} models`);
    case 'import':
      throw notImplemented('Importing a model from a URL');
    default:
      start satisfies never;
  }
}

function planOf(call: Call<'app'>, version: ModelVersion): NewModelVersion {
  version.activeConceptCount = version.outputInfo?.data?.concepts.length ?? 0;
  version.totalInputCount = 0;
  return {
    id: version.id || newHexId(call.deps.random),
    statusCode: StatusCode.MODEL_TRAINED,
    visibility: version.visibility?.gettable || INHERITED,
    body: versionBody(version),
    completedAt: call.deps.clock(),
  };
}

async function addVersion(
  tx: Tx,
  model: ModelRow,
  version: NewModelVersion,
  vocabulary: Vocabulary,
): Promise<void> {
  const key = await insertModelVersion(tx, model.key, version);
  if (key === undefined) throw alreadyExists('Model version', version.id);
  await setVocabulary(tx, key, await vocabulary(tx, findModelType(model.model_type_id)));
}
