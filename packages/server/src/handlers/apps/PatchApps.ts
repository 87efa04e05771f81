import { findAppForScope } from '@limpid/store/db/scopes';
import { type App, invalidRequest, notFound } from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';
import { patchApp } from './patch-app.ts';

export const PatchApps = rpc('PatchApps', { scope: 'user' }, async (call, request) => ({
  apps: await patchNamedApps(call, request.apps, request.action),
}));

/** Patches the caller's apps named by the patches' ids, in their order. */
export async function patchNamedApps(
  call: Call<'user'>,
  patches: readonly App[],
  action: string,
): Promise<App[]> {
  if (patches.length === 0) throw invalidRequest('apps is empty');
  const found = [];
  for (const patch of patches) {
    const app = await findAppForScope(call.deps.db, call.caller.userId, patch.id);
    if (!app) throw notFound();
    found.push({ key: app.appKey, patch });
  }
  const apps: App[] = [];
  for (const { key, patch } of found)
    apps.push(await patchApp(call.deps, call.caller, key, patch, action));
  return apps;
}
