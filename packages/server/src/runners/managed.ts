// Runners that the instance keeps for its own models: rows like any other, started by the agent when somebody waits.
import { transaction } from '@limpid/store';
import { insertCredential } from '@limpid/store/db/credentials';
import {
  ensureBuiltInPlace,
  ensureManagedRunners,
  findManagedRunner,
  revokeRunnerTokens,
} from '@limpid/store/db/managed-runners';
import { newHexId, newUuid } from '@limpid/wire';
import type { Deps } from '../deps.ts';

/** What a process needs to serve for one runner. */
export interface ManagedAssignment {
  readonly runnerId: string;
  readonly token: string;
  readonly userId: string;
  readonly computeClusterId: string;
  readonly nodepoolId: string;
  readonly modelId: string;
}

type ManagedDeps = Pick<Deps, 'db' | 'secrets' | 'random'>;

// What a runner's process may do: serve for its one runner, and nothing else.
const SCOPES = [
  'Apps:Get',
  'Runners:Get',
  'RunnerItems:Get',
  'RunnerItems:Add',
  '/clarifai.api.V2/ProcessRunnerItems',
];
const TOKEN_DAYS = 30;

/** Gives every version of the shared app's models a runner, once. */
export async function keepRunners(deps: ManagedDeps): Promise<void> {
  await transaction(deps.db, async (tx) => {
    const place = await ensureBuiltInPlace(tx);
    if (place) await ensureManagedRunners(tx, place, () => newUuid(deps.random));
  });
}

/** A fresh token for a runner that is ours to start; undefined for all others. Earlier tokens stop working. */
export async function assignRunner(
  deps: ManagedDeps,
  runnerKey: string,
): Promise<ManagedAssignment | undefined> {
  const found = await findManagedRunner(deps.db, BigInt(runnerKey));
  if (!found) return undefined;
  const token = newHexId(deps.random);
  await transaction(deps.db, async (tx) => {
    await revokeRunnerTokens(tx, found.runnerId);
    await insertCredential(tx, {
      userKey: found.userKey,
      kind: 'runner',
      publicId: newHexId(deps.random),
      secretHash: deps.secrets.hashCredential(token),
      description: 'Built-in model',
      scopes: SCOPES,
      runnerId: found.runnerId,
      expiresAt: new Date(Date.now() + TOKEN_DAYS * 86_400_000),
    });
  });
  const { runnerId, userId, computeClusterId, nodepoolId, modelId } = found;
  return { runnerId, token, userId, computeClusterId, nodepoolId, modelId };
}
