import { transaction } from '@limpid/store';
import {
  insertRelations,
  listRelations,
  type NewRelation,
  type Predicate,
} from '@limpid/store/db/concept-relations';
import { invalidArgument, newHexId } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { requireConcept } from './concept-message.ts';
import { predicateOf, relationMessage } from './relations.ts';

// More edges than one concept has in practice; the answer is cut out of them.
const ALL = { limit: 10_000, offset: 0 };

/** Relates a concept to others of the app, all or none. An edge that exists already is returned as it is. */
export const PostConceptRelations = rpc(
  'PostConceptRelations',
  { scope: 'app' },
  async (call, request) => {
    const { deps, scope } = call;
    if (request.conceptRelations.length === 0)
      throw invalidArgument('concept_relations is empty', 'concept');
    const subject = await requireConcept(deps.db, scope, request.conceptId);
    const wanted: (NewRelation & { objectId: string })[] = [];
    for (const relation of request.conceptRelations) {
      const predicate: Predicate = predicateOf(relation.predicate);
      const object = await requireConcept(deps.db, scope, relation.objectConcept?.id ?? '');
      if (object.key === subject.key)
        throw invalidArgument('A concept can not be related to itself', 'concept');
      wanted.push({
        id: newHexId(deps.random),
        subject: subject.key,
        object: object.key,
        objectId: object.id,
        predicate,
        knowledgeGraphId: relation.knowledgeGraphId,
      });
    }
    const rows = await transaction(deps.db, async (tx) => {
      await insertRelations(tx, scope, wanted);
      return await listRelations(tx, scope, { concept: subject.key }, ALL);
    });
    const made = wanted.flatMap((relation) => rows.find((row) => isSame(row, relation)) ?? []);
    return { conceptRelations: made.map((row) => relationMessage(row, scope)) };
  },
);

function isSame(
  row: { object_id: string; predicate: string; knowledge_graph_id: string },
  relation: { objectId: string; predicate: string; knowledgeGraphId: string },
): boolean {
  return (
    row.object_id === relation.objectId &&
    row.predicate === relation.predicate &&
    row.knowledge_graph_id === relation.knowledgeGraphId
  );
}
