import type { Caller } from '@limpid/domain/access/authority';
import { applyPatch, appPatch } from '@limpid/domain/patch/index';
import { type Tx, transaction } from '@limpid/store';
import { getApps, lockApps, updateApp } from '@limpid/store/db/apps';
import { type App, AppSchema, notFound } from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { appMessage, storedApp } from './app-message.ts';

export interface AppChange {
  readonly key: bigint;
  readonly patch: App;
}

/** Applies patches to apps that the caller owns, all or none, and returns each as it is then. */
export async function patchApps(
  { db }: Deps,
  caller: Caller,
  changes: readonly AppChange[],
  action: string,
): Promise<App[]> {
  const keys = changes.map(({ key }) => key);
  const rows = await transaction(db, async (tx) => {
    await lockApps(tx, keys);
    for (const change of changes) await patchOne(tx, caller, change, action);
    return await getApps(tx, keys);
  });
  return rows.map(appMessage);
}

async function patchOne(
  tx: Tx,
  caller: Caller,
  { key, patch }: AppChange,
  action: string,
): Promise<void> {
  const [row] = await getApps(tx, [key]);
  if (!row) throw notFound();
  const app = applyPatch(AppSchema, appMessage(row), patch, action, appPatch);
  // The short form of the field counts where the long one is absent.
  if (patch.defaultWorkflowId && !patch.defaultWorkflow?.id) app.defaultWorkflow = undefined;
  await updateApp(tx, key, await storedApp(tx, caller, app, row.default_workflow));
}
