import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { UserScope } from '@limpid/domain/access/authority';
import type { Db, Tx } from '@limpid/store';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import { listRunners, type RunnerRow } from '@limpid/store/db/runners';
import { create, notFound, type Runner, RunnerMetricsSchema, RunnerSchema } from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { nodepoolMessage } from '../nodepools/nodepool-message.ts';
import { workerMessage } from './worker-message.ts';

const OMITTED = [
  'id',
  'createdAt',
  'modifiedAt',
  'worker',
  'nodepool',
  'numReplicas',
  'runnerMetrics',
] as const;

/** A runner as clients see it; its metrics say how many processes serve at this moment. */
export function runnerMessage(deps: Deps, row: RunnerRow): Runner {
  const runner = readDoc(RunnerSchema, row.body);
  runner.id = row.id;
  runner.createdAt = timestampFromDate(row.created_at);
  runner.modifiedAt = timestampFromDate(row.modified_at);
  runner.numReplicas = row.num_replicas;
  runner.nodepool = nodepoolMessage(row.nodepool);
  if (row.model) runner.worker = workerMessage(row.model);
  const running = deps.runners.statsOf(String(row.key)).replicas;
  runner.runnerMetrics = create(RunnerMetricsSchema, {
    podsTotal: Math.max(row.num_replicas, running),
    podsRunning: running,
  });
  return runner;
}

export function runnerBody(runner: Runner): string {
  return writeDoc(RunnerSchema, runner, { omit: OMITTED });
}

/** One of the user's runners by its id; cluster and nodepool count only where they are named. */
export async function requireRunner(
  db: Db | Tx,
  owner: UserScope,
  where: { id: string; clusterId?: string; nodepoolId?: string },
): Promise<RunnerRow> {
  const { id, clusterId, nodepoolId } = where;
  const filter = { ids: [id], ...(clusterId && { clusterId }), ...(nodepoolId && { nodepoolId }) };
  const [row] = await listRunners(db, owner, filter, { limit: 1, offset: 0 });
  if (!row) throw notFound();
  return row;
}
