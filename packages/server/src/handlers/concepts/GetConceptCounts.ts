import { pageOf } from '@limpid/domain/page';
import { type ConceptCountRow, countConcepts } from '@limpid/store/db/concepts';
import { type ConceptCount, ConceptCountSchema, create, StatusCode } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** For each concept, how many inputs show it and how many are said not to, also by the state of the inputs. */
export const GetConceptCounts = rpc('GetConceptCounts', { scope: 'app' }, async (call, request) => {
  const rows = await countConcepts(call.deps.db, call.scope, pageOf(request));
  const counts = new Map<string, ConceptCount>();
  for (const row of rows) {
    const count = counts.get(row.id) ?? emptyCount(row);
    counts.set(row.id, count);
    for (const part of [
      count.conceptTypeCount,
      count.detailConceptCount?.[stateOf(row.status_code)],
    ]) {
      if (!part) continue;
      part.positive += row.positive;
      part.negative += row.negative;
    }
  }
  return { conceptCounts: [...counts.values()] };
});

function emptyCount({ id, name }: ConceptCountRow): ConceptCount {
  const none = { positive: 0, negative: 0 };
  return create(ConceptCountSchema, {
    id,
    name,
    conceptTypeCount: { ...none },
    detailConceptCount: {
      processed: { ...none },
      toProcess: { ...none },
      errors: { ...none },
      processing: { ...none },
    },
  });
}

function stateOf(status: number | null): 'processed' | 'toProcess' | 'processing' | 'errors' {
  if (status === null || status === StatusCode.INPUT_DOWNLOAD_SUCCESS) return 'processed';
  if (status === StatusCode.INPUT_DOWNLOAD_PENDING) return 'toProcess';
  return status === StatusCode.INPUT_DOWNLOAD_IN_PROGRESS ? 'processing' : 'errors';
}
