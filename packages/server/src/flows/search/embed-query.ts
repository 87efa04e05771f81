// A query's vector, by the way that the app's own inputs took: the base workflow up to the node that embeds.
import { averageOf } from '@limpid/domain/query/read-rank';
import { readDoc } from '@limpid/store/db/doc';
import { findVersionByKey } from '@limpid/store/db/worker-refs';
import { findBaseWorkflow } from '@limpid/store/db/workflow-run';
import type { WorkflowNodeRow } from '@limpid/store/db/workflow-versions';
import {
  create,
  type Data,
  DataSchema,
  ImageSchema,
  InputSchema,
  StatusCode,
  StatusError,
  statusInfo,
  TextSchema,
  WorkflowNodeSchema,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { contextOf, type PredictContext } from '../predict/context.ts';
import { readUrl } from '../predict/resolve-media.ts';
import { findNodeTarget } from '../predict/target.ts';
import { executeWorkflow } from '../workflow/execute.ts';
import { type PlannedNode, planNodes } from '../workflow/plan.ts';
import type { QueryContent, SearchNeeds } from './needs.ts';

export const byRunner: SearchNeeds = {
  embedQuery: async (call, space, content) => {
    const data = await dataOf(call, content);
    const context = contextOf(call);
    const done = await executeWorkflow({
      context,
      nodes: await nodesTo(context, call.scope.appKey, space),
      inputs: [create(InputSchema, { data })],
      faults: new Map(),
    });
    const output = done.find(({ node }) => node.target.version.key === space)?.outputs[0];
    const { code = 0, details, description } = output?.status ?? {};
    if (code !== StatusCode.SUCCESS) throw failed(code, details || description);
    const vectors = output?.data ? vectorsIn(output.data) : [];
    if (vectors.length === 0) throw failed(0, 'the model found nothing in it to search by');
    return averageOf(vectors);
  },
};

async function dataOf({ deps, signal }: Call<'app'>, content: QueryContent): Promise<Data> {
  if ('text' in content) {
    return create(DataSchema, { text: create(TextSchema, { raw: content.text }) });
  }
  const { image } = content;
  const bytes = 'bytes' in image ? image.bytes : await readUrl(deps, 'image', image.url, signal);
  return create(DataSchema, { image: create(ImageSchema, { base64: bytes }) });
}

/** The nodes that the embedding needs, itself last; only itself where the base workflow is another one by now. */
async function nodesTo(
  context: PredictContext,
  appKey: bigint,
  space: bigint,
): Promise<PlannedNode[]> {
  const { db } = context.deps;
  const base = await findBaseWorkflow(db, appKey);
  const goal = base?.nodes.find((node) => node.model_version === space);
  if (base && goal) {
    const nodes = withThoseBefore(base.nodes, goal);
    return await planNodes(context, { workflow: base.workflow, nodes }, {});
  }
  const found = await findVersionByKey(db, space);
  if (!found) throw failed(0, 'the model that embedded the inputs is gone');
  const target = await findNodeTarget(context, found, undefined);
  return [{ id: 'query', ordinal: 0, inputs: [], suppressed: false, override: undefined, target }];
}

function withThoseBefore(
  all: readonly WorkflowNodeRow[],
  goal: WorkflowNodeRow,
): WorkflowNodeRow[] {
  const needed = new Set([goal.id]);
  // A set hands out what is added while it is walked.
  for (const id of needed) {
    const node = all.find((one) => one.id === id);
    const { nodeInputs } = readDoc(WorkflowNodeSchema, node?.body ?? {});
    for (const { nodeId } of nodeInputs) needed.add(nodeId);
  }
  return all.filter((node) => needed.has(node.id));
}

/** Of the whole, or where the model embeds what it finds, of each find. */
function vectorsIn({ embeddings, regions }: Data): number[][] {
  if (embeddings.length > 0) return embeddings.map(({ vector }) => vector);
  return regions.flatMap(({ data }) => (data ? vectorsIn(data) : []));
}

/** What is wrong with the query is the caller's to read, and so is "later"; all else is one failure of ours. */
function failed(code: number, details = ''): StatusError {
  const audience = code === 0 ? 'bug' : statusInfo(code).audience;
  const isTold = audience === 'caller' || audience === 'later';
  return new StatusError(isTold ? code : StatusCode.SEARCH_PREDICTION_FAILURE, { details });
}
