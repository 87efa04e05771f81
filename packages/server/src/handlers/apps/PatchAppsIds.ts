import { actionOf } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { getApps, renameApp } from '@limpid/store/db/apps';
import { findAppForScope } from '@limpid/store/db/scopes';
import { alreadyExists, invalidRequest, notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { appMessage, requireAppId } from './app-message.ts';

/** Gives one app another id. The old id is free at once. */
export const PatchAppsIds = rpc('PatchAppsIds', { scope: 'user' }, async (call, request) => {
  actionOf(request.action, ['overwrite']);
  const [change, ...others] = request.ids;
  if (!change || others.length > 0) throw invalidRequest('Give exactly one id to change');
  requireAppId(change.newId);
  const { deps, scope } = call;
  const app = await findAppForScope(deps.db, scope.userId, change.id);
  if (!app) throw notFound();
  const renamed = await transaction(deps.db, (tx) => renameApp(tx, scope, change.id, change.newId));
  if (renamed === false) throw alreadyExists('App', change.newId);
  if (renamed === undefined) throw notFound();
  const rows = await getApps(deps.db, [app.appKey]);
  return { apps: rows.map(appMessage) };
});
