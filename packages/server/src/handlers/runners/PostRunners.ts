import { transaction } from '@limpid/store';
import { insertRunners, listRunners, type NewRunner } from '@limpid/store/db/runners';
import { invalidArgument, newUuid } from '@limpid/wire';
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
  const nodepool = await requireNodepool(
    deps.db,
    scope,
    request.computeClusterId,
    request.nodepoolId,
  );
  const planned: NewRunner[] = [];
  for (const runner of runners) {
    const modelVersion = await workerVersion(call.deps.db, call.caller, runner.worker);
    if (modelVersion === null) throw invalidArgument('a runner needs a worker', 'runner');
    planned.push({
      id: newUuid(deps.random),
      nodepoolKey: nodepool.key,
      deploymentKey: null,
      modelVersion,
      numReplicas: runner.numReplicas || 1,
      managedBy: 'user',
      body: runnerBody(runner),
    });
  }
  const ids = planned.map(({ id }) => id);
  const rows = await transaction(deps.db, async (tx) => {
    await insertRunners(tx, scope, planned);
    return await listRunners(tx, scope, { ids }, { limit: ids.length, offset: 0 });
  });
  return { runners: rows.map((row) => runnerMessage(deps, row)) };
});
