import { actionOf, applyPatch, conceptPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { getConcepts, lockConcepts, updateConcept } from '@limpid/store/db/concepts';
import { writeDoc } from '@limpid/store/db/doc';
import { ConceptSchema, invalidArgument } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { CONCEPT_COLUMNS, conceptMessage, requireConcept } from './concept-message.ts';

/** Changes names, definitions and what else describes concepts, all or none. Ids stay. */
export const PatchConcepts = rpc('PatchConcepts', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  actionOf(request.action, ['overwrite']);
  if (request.concepts.length === 0) throw invalidArgument('concepts is empty', 'concept');
  const ids = request.concepts.map((concept) => concept.id);
  await transaction(deps.db, async (tx) => {
    await lockConcepts(tx, scope, ids);
    for (const patch of request.concepts) {
      const row = await requireConcept(tx, scope, patch.id);
      const before = conceptMessage(row, scope);
      const concept = applyPatch(ConceptSchema, before, patch, request.action, conceptPatch);
      const body = writeDoc(ConceptSchema, concept, { omit: CONCEPT_COLUMNS });
      await updateConcept(tx, row.key, { name: concept.name, body });
    }
  });
  const rows = await getConcepts(deps.db, scope, ids);
  return { concepts: rows.map((row) => conceptMessage(row, scope)) };
});
