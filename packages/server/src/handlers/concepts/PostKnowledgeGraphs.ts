import { transaction } from '@limpid/store';
import { writeDoc } from '@limpid/store/db/doc';
import { insertKnowledgeGraphs } from '@limpid/store/db/knowledge-graphs';
import {
  alreadyExists,
  invalidArgument,
  isClientId,
  KnowledgeGraphSchema,
  newHexId,
} from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { knowledgeGraphMessage } from './knowledge-graphs.ts';

/** Adds named graphs that relations may belong to, all or none. */
export const PostKnowledgeGraphs = rpc(
  'PostKnowledgeGraphs',
  { scope: 'app' },
  async (call, request) => {
    const { deps, scope } = call;
    if (request.knowledgeGraphs.length === 0)
      throw invalidArgument('knowledge_graphs is empty', 'concept');
    const graphs = request.knowledgeGraphs.map((graph) => {
      const id = graph.id || newHexId(deps.random);
      if (!isClientId(id))
        throw invalidArgument(`'${id.slice(0, 80)}' is not a valid id`, 'concept');
      return { id, body: writeDoc(KnowledgeGraphSchema, graph, { omit: ['id'] }) };
    });
    const rows = await transaction(deps.db, async (tx) => {
      const made = await insertKnowledgeGraphs(tx, scope, graphs);
      const taken = graphs.find(({ id }) => !made.some((row) => row.id === id));
      if (taken) throw alreadyExists('Knowledge graph', taken.id);
      return made;
    });
    return { knowledgeGraphs: rows.map(knowledgeGraphMessage) };
  },
);
