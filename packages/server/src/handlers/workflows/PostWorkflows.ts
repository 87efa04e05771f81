import { requireWorkflowId } from '@limpid/domain/workflow/check-workflow';
import { transaction } from '@limpid/store';
import { INHERITED } from '@limpid/store/db/place';
import { insertWorkflowVersion } from '@limpid/store/db/workflow-versions';
import { insertWorkflow } from '@limpid/store/db/workflows';
import {
  create,
  invalidArgument,
  isClientId,
  newHexId,
  StatusCode,
  StatusError,
  type Workflow,
  WorkflowVersionSchema,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';
import { planNodes } from './plan-nodes.ts';
import { readWorkflows } from './read-workflows.ts';
import { storedWorkflow, versionBody } from './workflow-message.ts';

const MAX_BATCH = 128;

/** Makes workflows, each with its first version, all or none. */
export const PostWorkflows = rpc('PostWorkflows', { scope: 'app' }, async (call, request) => {
  if (request.workflows.length === 0 || request.workflows.length > MAX_BATCH) {
    throw invalidArgument(`Give 1 to ${MAX_BATCH} workflows`, 'workflow');
  }
  const { db } = call.deps;
  const planned: Plan[] = [];
  for (const workflow of request.workflows) planned.push(await planOf(call, workflow));
  return await transaction(db, async (tx) => {
    const keys: bigint[] = [];
    for (const { workflow, version } of planned) {
      const key = await insertWorkflow(tx, call.scope, workflow);
      if (key === undefined) throw duplicate(workflow.id);
      await insertWorkflowVersion(tx, key, version);
      keys.push(key);
    }
    return { workflows: await readWorkflows(tx, keys) };
  });
});

type Plan = Awaited<ReturnType<typeof planOf>>;

async function planOf(call: Call<'app'>, workflow: Workflow) {
  requireWorkflowId(workflow.id);
  const { version = create(WorkflowVersionSchema) } = workflow;
  if (version.id && !isClientId(version.id)) {
    throw invalidArgument(`'${version.id.slice(0, 80)}' is not a valid version id`, 'workflow');
  }
  const nodes = await planNodes(call.deps.db, call, workflow.nodes);
  return {
    workflow: { id: workflow.id, ...storedWorkflow(workflow) },
    version: {
      id: version.id || newHexId(call.deps.random),
      visibility: version.visibility?.gettable || INHERITED,
      body: versionBody(version),
      nodes,
    },
  };
}

export function duplicate(id: string): StatusError {
  return new StatusError(StatusCode.WORKFLOW_DUPLICATE, {
    details: `Workflow with ID '${id}' already exists`,
  });
}
