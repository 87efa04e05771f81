import { pageOf } from '@limpid/domain/page';
import { listRelations } from '@limpid/store/db/concept-relations';
import { rpc } from '../../rpc/rpc.ts';
import { requireConcept } from './concept-message.ts';
import { predicateOf, relationMessage } from './relations.ts';

/** Relations of one concept, read from its side, or every relation of the app once. */
export const ListConceptRelations = rpc(
  'ListConceptRelations',
  { scope: 'app' },
  async (call, request) => {
    const { deps, scope } = call;
    const concept = request.conceptId
      ? await requireConcept(deps.db, scope, request.conceptId)
      : undefined;
    const rows = await listRelations(
      deps.db,
      scope,
      {
        ...(concept && { concept: concept.key }),
        ...(request.predicate && { predicate: predicateOf(request.predicate) }),
        ...(request.knowledgeGraphId && { knowledgeGraphId: request.knowledgeGraphId }),
      },
      pageOf(request),
    );
    return { conceptRelations: rows.map((row) => relationMessage(row, scope)) };
  },
);
