import { noteUsage } from '@limpid/store/db/usage';
import { type MultiOutputResponse, StatusCode } from '@limpid/wire';
import type { PredictContext } from './context.ts';
import type { PredictTarget } from './target.ts';

const ANSWERED: ReadonlySet<number> = new Set([StatusCode.SUCCESS, StatusCode.MIXED_STATUS]);

/** Notes the outputs that were computed, once per request and part of it. */
export function recordUse(
  { deps, reqId, user, app }: PredictContext,
  target: PredictTarget,
  response: MultiOutputResponse,
  part = 0,
): void {
  if (!ANSWERED.has(response.status?.code ?? 0)) return;
  const computed = response.outputs.filter(
    (output) => output.status?.code === StatusCode.SUCCESS,
  ).length;
  noteUsage(deps.db, {
    requestId: reqId,
    ordinal: part,
    userKey: user.key,
    appKey: app?.appKey ?? null,
    modelVersion: target.version.key,
    operation: 'predict',
    quantity: computed,
  });
}
