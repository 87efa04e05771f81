import { rpc } from '../../rpc/rpc.ts';
import { nodepoolMessage, requireNodepool } from './nodepool-message.ts';

export const GetNodepool = rpc('GetNodepool', { scope: 'user' }, async (call, request) => {
  const row = await requireNodepool(
    call.deps.db,
    call.scope,
    request.computeClusterId,
    request.nodepoolId,
  );
  return { nodepool: nodepoolMessage(row) };
});
