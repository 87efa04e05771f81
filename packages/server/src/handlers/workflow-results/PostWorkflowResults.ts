import { invalidArgument, type PostWorkflowResultsRequest } from '@limpid/wire';
import { contextOf } from '../../flows/predict/context.ts';
import { checkSampleMs } from '../../flows/predict/frames.ts';
import { resolveMedia } from '../../flows/predict/resolve-media.ts';
import { executeWorkflow } from '../../flows/workflow/execute.ts';
import { planNodes } from '../../flows/workflow/plan.ts';
import { overallStatus, resultsOf } from '../../flows/workflow/results.ts';
import { rpc } from '../../rpc/rpc.ts';
import { requireVersion } from '../workflows/find-workflow.ts';
import { workflowMessage } from '../workflows/workflow-message.ts';

const MAX_INPUTS = 32;

/** Runs a workflow's version on inputs. Nothing is kept, not even where the workflow writes annotations. */
export const PostWorkflowResults = rpc(
  'PostWorkflowResults',
  { scope: 'any' },
  async (call, request) => {
    checkRequest(request);
    const { inputs, outputConfig, nodeRunnerSelectors } = request;
    const found = await requireVersion(call, request.workflowId, request.versionId);
    const context = contextOf(call);
    const nodes = await planNodes(context, found, nodeRunnerSelectors);
    const faults = await resolveMedia(call.deps, context.app, inputs, call.signal);
    const outputs = await executeWorkflow({ context, nodes, inputs, faults, outputConfig });
    const results = resultsOf(call.deps, inputs, outputs);
    const workflow = workflowMessage(found.workflow, found.nodes);
    return { status: overallStatus(results), workflow, results };
  },
);

function checkRequest({ inputs, outputConfig }: PostWorkflowResultsRequest): void {
  if (inputs.length === 0) throw invalidArgument('inputs is empty', 'prediction');
  if (inputs.length > MAX_INPUTS) {
    throw invalidArgument(`a workflow takes at most ${MAX_INPUTS} inputs`, 'prediction');
  }
  checkSampleMs(outputConfig?.sampleMs);
}
