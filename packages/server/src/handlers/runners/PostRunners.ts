import { type Tx, transaction } from '@limpid/store';
import { insertRunners, listRunners, type NewRunner } from '@limpid/store/db/runners';
import { invalidArgument, newUuid, type PostRunnersRequest } from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';
import { workerVersion } from '../deployments/place.ts';
import { requireNodepool } from '../nodepools/nodepool-message.ts';
import { runnerBody, runnerMessage } from './runner-message.ts';

const MAX_BATCH = 128;

/** Makes runners in a nodepool, all or none, under ids of ours. They serve once a process dials in for them. */
export const PostRunners = rpc('PostRunners', { scope: 'user' }, async (call, request) => {
  const { deps, scope } = call;
  const { runners } = request;
  if (runners.length === 0 || runners.length > MAX_BATCH) {
    throw invalidArgument(`give 1 to ${MAX_BATCH} runners`, 'runner');
  }
  const ids = runners.map(() => newUuid(deps.random));
  const rows = await transaction(deps.db, async (tx) => {
    await insertRunners(tx, scope, await planned(tx, call, request, ids));
    return await listRunners(tx, scope, { ids }, { limit: ids.length, offset: 0 });
  });
  return { runners: rows.map((row) => runnerMessage(deps, row)) };
});

async function planned(
  tx: Tx,
  { caller, scope }: Call<'user'>,
  { runners, computeClusterId, nodepoolId }: PostRunnersRequest,
  ids: readonly string[],
): Promise<NewRunner[]> {
  const nodepool = await requireNodepool(tx, scope, computeClusterId, nodepoolId);
  const all: NewRunner[] = [];
  for (const [index, runner] of runners.entries()) {
    const modelVersion = await workerVersion(tx, caller, runner.worker);
    if (modelVersion === null) throw invalidArgument('a runner needs a worker', 'runner');
    all.push({
      // Both lists are in the order of the request.
      id: ids[index] as string,
      nodepoolKey: nodepool.key,
      deploymentKey: null,
      modelVersion,
      numReplicas: runner.numReplicas || 1,
      managedBy: 'user',
      body: runnerBody(runner),
    });
  }
  return all;
}
