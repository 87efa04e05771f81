import { transaction } from '@limpid/store';
import { insertConcepts } from '@limpid/store/db/concepts';
import { writeDoc } from '@limpid/store/db/doc';
import {
  type Concept,
  ConceptSchema,
  duplicateConcepts,
  invalidArgument,
  isConceptId,
} from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { CONCEPT_COLUMNS, conceptMessage } from './concept-message.ts';

const MAX_BATCH = 1000;

/** Adds concepts to the app, all or none. */
export const PostConcepts = rpc('PostConcepts', { scope: 'app' }, async (call, request) => {
  const { concepts } = request;
  if (concepts.length === 0 || concepts.length > MAX_BATCH) {
    throw invalidArgument(`Give 1 to ${MAX_BATCH} concepts`, 'concept');
  }
  const planned = concepts.map(planOf);
  refuseRepeated(planned.map((concept) => concept.id));
  const rows = await transaction(call.deps.db, async (tx) => {
    const made = await insertConcepts(tx, call.scope, planned);
    if (made.length < planned.length) {
      const added = new Set(made.map((row) => row.id));
      throw duplicateConcepts(planned.map(({ id }) => id).filter((id) => !added.has(id)));
    }
    return made;
  });
  return { concepts: rows.map((row) => conceptMessage(row, call.scope)) };
});

function planOf(concept: Concept) {
  const id = concept.id || concept.name;
  if (!isConceptId(id))
    throw invalidArgument(`'${id.slice(0, 80)}' is not a valid concept id`, 'concept');
  return {
    id,
    name: concept.name || id,
    language: concept.language || 'en',
    body: writeDoc(ConceptSchema, concept, { omit: CONCEPT_COLUMNS }),
  };
}

function refuseRepeated(ids: readonly string[]): void {
  const repeated = ids.filter((id, index) => ids.indexOf(id) !== index);
  if (repeated.length > 0) throw duplicateConcepts([...new Set(repeated)]);
}
