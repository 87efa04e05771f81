import { insufficientScopes } from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';
import type { RunnerStart } from '../../runners/protocol.ts';
import { processRunnerItems } from '../../runners/stream.ts';
import { requireRunner } from './runner-message.ts';

/** A runner's stream: it says which runner it serves for, then gets items and answers them. */
export const ProcessRunnerItems = rpc(
  'ProcessRunnerItems',
  { scope: 'user', unlimited: true },
  (call, requests) =>
    processRunnerItems(requests, {
      dispatcher: call.deps.runners,
      identify: (start) => runnerKeyOf(call, start),
      signal: call.signal,
    }),
);

/** The key of the runner that the caller may serve for: one of its own, and with a runner token only that one. */
export async function runnerKeyOf(
  call: Call<'user'>,
  where: Pick<RunnerStart, 'runnerId' | 'computeClusterId' | 'nodepoolId'>,
): Promise<string> {
  const bound = call.caller.credential.runnerId;
  if (!call.scope.self || (bound !== null && bound !== where.runnerId)) {
    throw insufficientScopes([`runner ${where.runnerId}`]);
  }
  const row = await requireRunner(call.deps.db, call.scope, {
    id: where.runnerId,
    clusterId: where.computeClusterId,
    nodepoolId: where.nodepoolId,
  });
  return String(row.key);
}
