import { transaction } from '@limpid/store';
import { deleteSearch } from '@limpid/store/db/saved-searches';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** Forgets a saved search. */
export const DeleteSearch = rpc('DeleteSearch', { scope: 'app' }, async (call, { id }) => {
  const { deps, scope } = call;
  if (!(await transaction(deps.db, (tx) => deleteSearch(tx, scope, id)))) throw notFound();
  return {};
});
