import type { Caller } from '@limpid/domain/access/authority';
import { applyPatch, appPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { getApps, updateApp } from '@limpid/store/db/apps';
import { type App, AppSchema, notFound } from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { appMessage, storedApp } from './app-message.ts';

/** Applies a patch to one app that the caller owns and returns it as it is then. */
export async function patchApp(
  deps: Deps,
  caller: Caller,
  key: bigint,
  patch: App,
  action: string,
): Promise<App> {
  const [row] = await getApps(deps.db, [key]);
  if (!row) throw notFound();
  const app = applyPatch(AppSchema, appMessage(row), patch, action, appPatch);
  // The short form of the field counts where the long one is absent.
  if (patch.defaultWorkflowId && !patch.defaultWorkflow?.id) app.defaultWorkflow = undefined;
  const stored = await storedApp(deps, caller, app, row.default_workflow);
  await transaction(deps.db, (tx) => updateApp(tx, key, stored));
  const [changed] = await getApps(deps.db, [key]);
  if (!changed) throw notFound();
  return appMessage(changed);
}
