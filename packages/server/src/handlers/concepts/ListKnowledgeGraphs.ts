import { listKnowledgeGraphs } from '@limpid/store/db/knowledge-graphs';
import { rpc } from '../../rpc/rpc.ts';
import { knowledgeGraphMessage } from './knowledge-graphs.ts';

export const ListKnowledgeGraphs = rpc('ListKnowledgeGraphs', { scope: 'app' }, async (call) => {
  const rows = await listKnowledgeGraphs(call.deps.db, call.scope);
  return { knowledgeGraphs: rows.map(knowledgeGraphMessage) };
});
