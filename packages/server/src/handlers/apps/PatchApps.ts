import { findAppForScope } from '@limpid/store/db/scopes';
import { invalidRequest, notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { patchApps } from './patch-apps.ts';

/** Patches the caller's apps named by the patches' ids, all or none. */
export const PatchApps = rpc('PatchApps', { scope: 'user' }, async (call, request) => {
  const { deps, caller } = call;
  if (request.apps.length === 0) throw invalidRequest('apps is empty');
  const changes = [];
  for (const patch of request.apps) {
    const app = await findAppForScope(deps.db, caller.userId, patch.id);
    if (!app) throw notFound();
    changes.push({ key: app.appKey, patch });
  }
  return { apps: await patchApps(deps, caller, changes, request.action) };
});
