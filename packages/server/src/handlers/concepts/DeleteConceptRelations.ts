import { transaction } from '@limpid/store';
import { deleteRelations } from '@limpid/store/db/concept-relations';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { requireConcept } from './concept-message.ts';

/** Removes relations by id, or all of the concept when no id is given. */
export const DeleteConceptRelations = rpc(
  'DeleteConceptRelations',
  { scope: 'app' },
  async (call, request) => {
    const { deps, scope } = call;
    const concept = await requireConcept(deps.db, scope, request.conceptId);
    const ids = [...new Set(request.ids)];
    await transaction(deps.db, async (tx) => {
      const removed = await deleteRelations(tx, scope, concept.key, ids);
      if (removed < ids.length) throw notFound();
    });
    return {};
  },
);
