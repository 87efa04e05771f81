// The nodes of a workflow with the runners that are to serve them, found before anything runs.
import { readDoc } from '@limpid/store/db/doc';
import type { FoundWorkflow } from '@limpid/store/db/workflow-refs';
import { findNodeModels } from '@limpid/store/db/workflow-run';
import type { WorkflowNodeRow } from '@limpid/store/db/workflow-versions';
import {
  type OutputInfo,
  type RunnerSelector,
  StatusCode,
  StatusError,
  WorkflowNodeSchema,
} from '@limpid/wire';
import type { PredictContext } from '../predict/context.ts';
import { findNodeTarget, type PredictTarget } from '../predict/target.ts';

export interface PlannedNode {
  readonly id: string;
  readonly ordinal: number;
  /** Nodes whose outputs it takes; none: it takes the workflow's input. */
  readonly inputs: readonly string[];
  readonly suppressed: boolean;
  readonly override: OutputInfo | undefined;
  readonly target: PredictTarget;
}

type Selectors = Readonly<Record<string, RunnerSelector>>;

export async function planNodes(
  context: PredictContext,
  { workflow, nodes }: Pick<FoundWorkflow, 'workflow' | 'nodes'>,
  selectors: Selectors,
): Promise<PlannedNode[]> {
  const versions = nodes.flatMap(({ model_version }) => model_version ?? []);
  const models = await findNodeModels(context.deps.db, workflow.owner_key, versions);
  return await Promise.all(
    nodes.map(async (node) => {
      const found = node.model_version === null ? undefined : models.get(node.model_version);
      if (!found) throw modelGone(node);
      const { nodeInputs, suppressOutput, outputInfoOverride } = readDoc(
        WorkflowNodeSchema,
        node.body,
      );
      return {
        id: node.id,
        ordinal: node.ordinal,
        inputs: nodeInputs.map(({ nodeId }) => nodeId),
        suppressed: suppressOutput,
        override: outputInfoOverride,
        target: await findNodeTarget(context, found, selectors[node.id]),
      };
    }),
  );
}

function modelGone(node: WorkflowNodeRow): StatusError {
  const details = `Model does not exist: the model of node '${node.id}' is gone`;
  return new StatusError(StatusCode.MODEL_DOES_NOT_EXIST, { details });
}
