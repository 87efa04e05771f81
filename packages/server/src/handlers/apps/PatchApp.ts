import { AppSchema, create } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { patchApp } from './patch-app.ts';

/** Changes the fields that the patch carries and leaves all others alone. */
export const PatchApp = rpc('PatchApp', { scope: 'app' }, async (call, request) => {
  const patch = request.app ?? create(AppSchema);
  return { app: await patchApp(call.deps, call.caller, call.scope.appKey, patch, request.action) };
});
