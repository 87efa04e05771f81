import { AppSchema, clone, invalidRequest } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { patchApps } from './patch-apps.ts';

/** Changes what describes an app (name, notes, image, language…) and nothing about how it works. */
export const PatchAppsDetails = rpc('PatchAppsDetails', { scope: 'app' }, async (call, request) => {
  const [patch, ...others] = request.apps;
  if (!patch || others.length > 0) throw invalidRequest('Give exactly one app');
  const details = clone(AppSchema, patch);
  details.defaultWorkflow = undefined;
  details.defaultWorkflowId = '';
  const change = { key: call.scope.appKey, patch: details };
  return { apps: await patchApps(call.deps, call.caller, [change], request.action) };
});
