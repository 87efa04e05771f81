import { isStillReferenced, transaction } from '@limpid/store';
import { deleteSearch } from '@limpid/store/db/saved-searches';
import { invalidArgument, notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** Forgets a saved search that no annotation filter holds. */
export const DeleteSearch = rpc('DeleteSearch', { scope: 'app' }, async (call, { id }) => {
  const { deps, scope } = call;
  try {
    if (!(await transaction(deps.db, (tx) => deleteSearch(tx, scope, id)))) throw notFound();
  } catch (error) {
    if (!isStillReferenced(error)) throw error;
    throw invalidArgument('An annotation filter still holds the search', 'search');
  }
  return {};
});
