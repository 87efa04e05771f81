// What a runner is handed: the caller's request with the model filled in from the database, everything else untouched.
import { readDoc } from '@limpid/store/db/doc';
import {
  create,
  type Model,
  ModelSchema,
  ModelVersionSchema,
  type OutputInfo,
  OutputInfoSchema,
  type PostModelOutputsRequest,
  StatusSchema,
} from '@limpid/wire';
import { decodeMessage, encodeMessage } from '@limpid/wire/codec/index';
import type { PredictTarget } from './target.ts';

/** The request with its model, in place: it is ours, decoded for this call alone. */
export function prepareRequest(
  request: PostModelOutputsRequest,
  target: PredictTarget,
): PostModelOutputsRequest {
  const asked = request.model?.modelVersion?.outputInfo ?? request.model?.outputInfo;
  request.model = modelFor(target, asked);
  request.modelId = target.model.id;
  request.versionId = target.version.id;
  return request;
}

/** Of rows that many requests share, the message that all of them start from. */
const shared = new WeakMap<PredictTarget['version'], Uint8Array>();

/** The model as stored; what the request asks of its output wins over the version's defaults. */
export function modelFor(target: PredictTarget, asked: OutputInfo | undefined): Model {
  let bytes = shared.get(target.version);
  if (!bytes) {
    bytes = encodeMessage(ModelSchema, storedModel(target));
    shared.set(target.version, bytes);
  }
  // Read anew for each request, which goes on to change it.
  const message = decodeMessage(ModelSchema, bytes);
  const inner = message.modelVersion;
  if (inner) inner.outputInfo = mergeOutputInfo(inner.outputInfo, asked);
  return message;
}

function storedModel({ model, version }: PredictTarget): Model {
  const owner = { userId: model.user_id, appId: model.app_id };
  const message = readDoc(ModelSchema, model.body);
  Object.assign(message, {
    id: model.id,
    name: model.name,
    modelTypeId: model.model_type_id,
    ...owner,
  });
  const inner = readDoc(ModelVersionSchema, version.body);
  Object.assign(inner, { id: version.id, ...owner });
  inner.status = create(StatusSchema, { code: version.status_code });
  message.modelVersion = inner;
  return message;
}

function mergeOutputInfo(
  stored: OutputInfo | undefined,
  asked: OutputInfo | undefined,
): OutputInfo {
  const info = stored ?? create(OutputInfoSchema);
  if (!asked) return info;
  if (asked.params) info.params = { ...info.params, ...asked.params };
  if (asked.outputConfig) {
    const base = info.outputConfig;
    const given = asked.outputConfig;
    info.outputConfig = given;
    if (base) {
      given.maxConcepts ||= base.maxConcepts;
      given.minValue ||= base.minValue;
      given.sampleMs ||= base.sampleMs;
      given.language ||= base.language;
      if (given.selectConcepts.length === 0) given.selectConcepts = base.selectConcepts;
    }
  }
  return info;
}
