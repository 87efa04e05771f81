import { readDoc } from '@limpid/store/db/doc';
import type { KnowledgeGraphRow } from '@limpid/store/db/knowledge-graphs';
import { type KnowledgeGraph, KnowledgeGraphSchema } from '@limpid/wire';

export function knowledgeGraphMessage(row: KnowledgeGraphRow): KnowledgeGraph {
  const graph = readDoc(KnowledgeGraphSchema, row.body);
  graph.id = row.id;
  return graph;
}
