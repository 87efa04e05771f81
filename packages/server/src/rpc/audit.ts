// Step 7: what changed, by whom. One structured line per write that reached its handler; no field of a request or
// credential goes in, only ids.
import type { Call } from '../call.ts';
import { writes } from './authorize.ts';

export function audit(call: Call, code: number): void {
  if (!writes(call.method)) return;
  const { scope, caller } = call;
  call.log.info(
    {
      audit: call.method.name,
      actor: caller?.userId,
      credential: caller?.credential.publicId,
      owner: scope?.userId,
      app: scope?.kind === 'app' ? scope.appId : undefined,
      code,
    },
    'audit',
  );
}
