import { transaction } from '@limpid/store';
import { getApps, insertApp, type NewApp } from '@limpid/store/db/apps';
import { insertCredential } from '@limpid/store/db/credentials';
import { findWorkflowKey } from '@limpid/store/db/workflow-refs';
import { alreadyExists, invalidRequest, newHexId } from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';
import { appMessage, requireAppId, storedApp } from './app-message.ts';

// What an app made without a base workflow gets, where the instance has it.
const DEFAULT_WORKFLOW = { userId: 'clarifai', appId: 'main', workflowId: 'Universal' };

/** Makes apps, all or none, each with a first key of its own. */
export const PostApps = rpc('PostApps', { scope: 'user' }, async (call, request) => {
  const { deps, caller, scope } = call;
  if (request.apps.length === 0) throw invalidRequest('apps is empty');
  const fallback = (await findWorkflowKey(deps.db, caller.userKey, DEFAULT_WORKFLOW)) ?? null;
  const planned: NewApp[] = [];
  for (const app of request.apps) {
    const id = app.id || newHexId(deps.random);
    requireAppId(id);
    planned.push({ id, ...(await storedApp(deps.db, caller, app, fallback)) });
  }
  const keys = await transaction(deps.db, async (tx) => {
    const made: bigint[] = [];
    for (const app of planned) {
      const key = await insertApp(tx, scope, app);
      if (key === undefined) throw alreadyExists('App', app.id);
      await insertCredential(tx, firstKey(call, key));
      made.push(key);
    }
    return made;
  });
  const rows = await getApps(deps.db, keys);
  return { apps: rows.map(appMessage) };
});

/** Listed like any key; its secret was never shown, so a program that wants one makes its own. */
function firstKey({ deps, caller }: Call<'user'>, appKey: bigint) {
  return {
    userKey: caller.userKey,
    appKey,
    kind: 'app_key' as const,
    publicId: newHexId(deps.random),
    secretHash: deps.secrets.hashCredential(newHexId(deps.random)),
    description: 'Default',
    scopes: ['All'],
  };
}
