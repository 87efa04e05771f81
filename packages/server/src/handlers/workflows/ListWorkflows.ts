import { pageOf } from '@limpid/domain/page';
import { getWorkflowNodes } from '@limpid/store/db/workflow-versions';
import { listWorkflows, type WorkflowQuery } from '@limpid/store/db/workflows';
import { invalidArgument, type ListWorkflowsRequest } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { workflowMessage } from './workflow-message.ts';

const SORTS: Readonly<Record<string, WorkflowQuery['sort']>> = {
  sortById: 'id',
  sortByModifiedAt: 'modified_at',
  sortByCreatedAt: 'created_at',
  sortByStarCount: 'star_count',
  sortByRelevance: 'relevance',
};

/** Workflows of an app, of a user or of all that the caller sees, last changed first unless asked otherwise. */
export const ListWorkflows = rpc('ListWorkflows', { scope: 'any' }, async (call, request) => {
  const page = pageOf(request);
  // Nothing can be starred, bookmarked or featured on this instance.
  if (request.starredOnly || request.bookmark || request.featuredOnly) return { workflows: [] };
  const place = call.scope ?? ({ kind: 'everything', userKey: call.caller.userKey } as const);
  const { db } = call.deps;
  const rows = await listWorkflows(db, place, queryOf(request), page);
  const nodes = await getWorkflowNodes(
    db,
    rows.flatMap(({ version }) => version?.key ?? []),
  );
  return {
    workflows: rows.map((row) =>
      workflowMessage(row, (row.version && nodes.get(row.version.key)) ?? []),
    ),
  };
});

function queryOf(request: ListWorkflowsRequest): WorkflowQuery {
  const sort = SORTS[request.sortBy.case ?? ''] ?? 'modified_at';
  const search = request.search || request.searchTerm;
  if (sort === 'relevance' && !search) {
    throw invalidArgument('sort_by_relevance needs a search', 'workflow');
  }
  return {
    sort,
    ascending: request.sortAscending,
    visibility: request.visibility?.gettable || undefined,
    search,
    query: request.query,
    pattern: request.id,
  };
}
