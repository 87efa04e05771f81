import { pageOf } from '@limpid/domain/page';
import { listRunners } from '@limpid/store/db/runners';
import { rpc } from '../../rpc/rpc.ts';
import { runnerMessage } from './runner-message.ts';

/** Runners of a nodepool, or of all when cluster and nodepool are left empty. */
export const ListRunners = rpc('ListRunners', { scope: 'user' }, async (call, request) => {
  const { deps, scope } = call;
  const filter = {
    clusterId: request.computeClusterId,
    nodepoolId: request.nodepoolId,
    modelVersionIds: request.modelVersionIds,
    minReplicas: request.minReplicas,
  };
  const rows = await listRunners(deps.db, scope, filter, pageOf(request));
  return { runners: rows.map((row) => runnerMessage(deps, row)) };
});
