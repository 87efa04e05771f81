import type { Caller, UserScope } from '@limpid/domain/access/authority';
import type { Db, Tx } from '@limpid/store';
import { findModelVersion } from '@limpid/store/db/model-refs';
import { invalidArgument, modelNotFound, type Nodepool, notFound, type Worker } from '@limpid/wire';
import { requireNodepool } from '../nodepools/nodepool-message.ts';

/** Keys of the nodepools that a deployment names, in order. They are the owner's own. */
export async function nodepoolKeys(
  db: Db | Tx,
  owner: UserScope,
  nodepools: readonly Nodepool[],
): Promise<bigint[]> {
  if (nodepools.length === 0)
    throw invalidArgument('a deployment needs at least one nodepool', 'deployment');
  const keys: bigint[] = [];
  for (const { id, computeCluster } of nodepools) {
    const userId = computeCluster?.userId;
    if (userId && userId !== owner.userId && userId !== 'me') throw notFound();
    keys.push((await requireNodepool(db, owner, computeCluster?.id ?? '', id)).key);
  }
  return keys;
}

/** The key of the model version that a worker names, the newest where it names none; null without a worker. */
export async function workerVersion(
  db: Db | Tx,
  caller: Caller,
  worker: Worker | undefined,
): Promise<bigint | null> {
  if (worker?.worker.case === 'workflow') {
    throw invalidArgument('workflows can not be deployed on this instance yet', 'deployment');
  }
  if (worker?.worker.case !== 'model') return null;
  const { id, userId, appId, modelVersion } = worker.worker.value;
  const found = await findModelVersion(db, caller, {
    userId,
    appId,
    modelId: id,
    versionId: modelVersion?.id ?? '',
  });
  if (!found?.version) throw modelNotFound();
  return found.version.key;
}
