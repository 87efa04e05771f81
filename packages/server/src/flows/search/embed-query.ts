// A query's vector, from a runner of the very model version that made the vectors it is compared with.
import { averageOf } from '@limpid/domain/query/read-rank';
import { runnersFor } from '@limpid/store/db/runners';
import { findVersionByKey } from '@limpid/store/db/worker-refs';
import {
  create,
  type Data,
  DataSchema,
  ImageSchema,
  InputSchema,
  PostModelOutputsRequestSchema,
  StatusCode,
  StatusError,
  statusInfo,
  TextSchema,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { contextOf } from '../predict/context.ts';
import { prepareRequest } from '../predict/prepare.ts';
import { readUrl } from '../predict/resolve-media.ts';
import type { PredictTarget } from '../predict/target.ts';
import { recordUse } from '../predict/use.ts';
import type { QueryContent, SearchNeeds } from './needs.ts';

export const byRunner: SearchNeeds = {
  embedQuery: async (call, space, content) => {
    const data = await dataOf(call, content);
    const target = await findEmbedder(call, space);
    const request = create(PostModelOutputsRequestSchema, {
      inputs: [create(InputSchema, { data })],
    });
    const { runners } = target;
    for (const key of runners.runnerKeys)
      if (call.deps.runners.statsOf(key).replicas === 0) call.deps.wakeRunner(key);
    const response = await call.deps.runners.predict(runners, {
      request: prepareRequest(request, target),
      signal: call.signal,
      reqId: call.reqId,
      userId: call.caller.userId,
    });
    const [output] = response.outputs;
    const status = output?.status ?? response.status;
    const code = status?.code || StatusCode.SUCCESS;
    if (code !== StatusCode.SUCCESS) throw failed(code, status?.details || status?.description);
    await recordUse(contextOf(call), target, response);
    const vectors = output?.data ? vectorsIn(output.data) : [];
    if (vectors.length === 0) throw failed(0, 'the model found nothing in it to search by');
    return averageOf(vectors);
  },
};

/** The app's base workflow has chosen the model: whoever may search the app need not be able to see it. */
async function findEmbedder({ deps, scope }: Call<'app'>, space: bigint): Promise<PredictTarget> {
  const found = await findVersionByKey(deps.db, space);
  if (!found?.version) throw failed(0, 'the embedding model of the base workflow was deleted');
  const { model, version } = found;
  const keys: bigint[] = [];
  for (const userKey of new Set([scope.userKey, model.owner_key])) {
    keys.push(...(await runnersFor(deps.db, { modelVersion: space, userKey })));
  }
  if (keys.length === 0) {
    throw new StatusError(StatusCode.MODEL_NOT_DEPLOYED, {
      details: `no runner or deployment serves '${model.id}', which embeds queries of this app`,
    });
  }
  const runners = { runnerKeys: keys.map(String), mayCome: true };
  return { model, version, runners, builtIn: false };
}

async function dataOf({ deps, signal }: Call<'app'>, content: QueryContent): Promise<Data> {
  if ('text' in content) {
    return create(DataSchema, { text: create(TextSchema, { raw: content.text }) });
  }
  const { image } = content;
  const bytes = 'bytes' in image ? image.bytes : await readUrl(deps, 'image', image.url, signal);
  return create(DataSchema, { image: create(ImageSchema, { base64: bytes }) });
}

/** Of the whole, or where the model embeds what it finds, of each find. */
function vectorsIn(data: Data): number[][] {
  const own = data.embeddings.map(({ vector }) => vector);
  return own.length > 0
    ? own
    : data.regions.flatMap((region) => (region.data ? vectorsIn(region.data) : []));
}

/** What is wrong with the query is the caller's to read; all else is one failure of ours. */
function failed(code: number, details = ''): StatusError {
  const audience = code === 0 ? 'bug' : statusInfo(code).audience;
  if (audience === 'caller' || audience === 'later') return new StatusError(code, { details });
  return new StatusError(StatusCode.SEARCH_PREDICTION_FAILURE, { details });
}
