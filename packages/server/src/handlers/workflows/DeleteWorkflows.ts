import type { AppScope } from '@limpid/domain/access/authority';
import { type Db, transaction } from '@limpid/store';
import { appsBasedOn, deleteWorkflows } from '@limpid/store/db/workflows';
import { invalidArgument, notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** Deletes the named workflows or all of the app, all or none. No ids delete nothing. */
export const DeleteWorkflows = rpc('DeleteWorkflows', { scope: 'app' }, async (call, request) => {
  await removeWorkflows(call.deps.db, call.scope, request.deleteAll ? 'all' : request.ids);
  return {};
});

/** Refuses one that an app of the same owner builds on: its inputs could no longer be indexed. */
export async function removeWorkflows(
  db: Db,
  scope: AppScope,
  ids: readonly string[] | 'all',
): Promise<void> {
  await transaction(db, async (tx) => {
    const [used] = await appsBasedOn(tx, scope, ids);
    if (used) {
      throw invalidArgument(
        `'${used.workflow}' is the base workflow of app '${used.app}'`,
        'workflow',
      );
    }
    const gone = new Set(await deleteWorkflows(tx, scope, ids));
    if (ids !== 'all' && ids.some((id) => !gone.has(id))) throw notFound();
  });
}
