import { insertUsage } from '@limpid/store/db/usage';
import { type MultiOutputResponse, StatusCode } from '@limpid/wire';
import type { Call } from '../../call.ts';
import type { PredictTarget } from './target.ts';

const ANSWERED: ReadonlySet<number> = new Set([StatusCode.SUCCESS, StatusCode.MIXED_STATUS]);

/** Notes each output that was computed, once per request and output. */
export async function recordUse(
  call: Call<'any'>,
  target: PredictTarget,
  response: MultiOutputResponse,
): Promise<void> {
  if (!ANSWERED.has(response.status?.code ?? 0)) return;
  const computed = response.outputs.filter(
    (output) => output.status?.code === StatusCode.SUCCESS,
  ).length;
  await insertUsage(call.deps.db, {
    requestId: call.reqId,
    userKey: call.caller.userKey,
    appKey: call.scope?.kind === 'app' ? call.scope.appKey : null,
    modelVersion: target.version.key,
    operation: 'predict',
    quantity: computed,
  });
}
