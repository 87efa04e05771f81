import type { Predicate, RelationRow } from '@limpid/store/db/concept-relations';
import { type ConceptRelation, ConceptRelationSchema, create, invalidArgument } from '@limpid/wire';

const PREDICATES: readonly Predicate[] = ['hypernym', 'hyponym', 'synonym'];

export function predicateOf(given: string): Predicate {
  const known = PREDICATES.find((predicate) => predicate === given);
  if (!known) {
    throw invalidArgument(
      `Unknown predicate '${given.slice(0, 40)}': it is one of ${PREDICATES.join(', ')}`,
      'concept',
    );
  }
  return known;
}

export function relationMessage(
  row: RelationRow,
  owner: { appId: string; userId: string },
): ConceptRelation {
  return create(ConceptRelationSchema, {
    id: row.id,
    subjectConcept: { id: row.subject_id, name: row.subject_name, value: 1, ...owner },
    objectConcept: { id: row.object_id, name: row.object_name, value: 1, ...owner },
    predicate: row.predicate,
    knowledgeGraphId: row.knowledge_graph_id,
    visibility: { gettable: row.visibility },
  });
}
