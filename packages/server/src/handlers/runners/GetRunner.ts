import { rpc } from '../../rpc/rpc.ts';
import { requireRunner, runnerMessage } from './runner-message.ts';

export const GetRunner = rpc('GetRunner', { scope: 'user' }, async (call, request) => {
  const row = await requireRunner(call.deps.db, call.scope, {
    id: request.runnerId,
    clusterId: request.computeClusterId,
    nodepoolId: request.nodepoolId,
  });
  return { runner: runnerMessage(call.deps, row) };
});
