import { AppSchema, create } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { patchApps } from './patch-apps.ts';

/** Changes the fields that the patch carries and leaves all others alone. */
export const PatchApp = rpc('PatchApp', { scope: 'app' }, async (call, request) => {
  const { deps, caller, scope } = call;
  const change = { key: scope.appKey, patch: request.app ?? create(AppSchema) };
  const [app] = await patchApps(deps, caller, [change], request.action);
  return { app };
});
