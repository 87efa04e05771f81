import type { AppScope, Caller } from '@limpid/domain/access/authority';
import { checkOverride } from '@limpid/domain/model-types/check-params';
import { findModelType } from '@limpid/domain/model-types/registry';
import { checkGraph } from '@limpid/domain/workflow/graph';
import type { Db, Tx } from '@limpid/store';
import { findModelVersion } from '@limpid/store/db/model-refs';
import type { NewNode, WorkflowNodeRow } from '@limpid/store/db/workflow-versions';
import { invalidArgument, StatusCode, StatusError, type WorkflowNode } from '@limpid/wire';
import { nodeBody } from './workflow-message.ts';

/** Where a workflow is being written, and by whom. */
export interface Writing {
  readonly caller: Caller;
  readonly scope: AppScope;
}

interface Resolved {
  readonly modelVersion: bigint;
  readonly modelTypeId: string;
}

/**
 * The nodes of a new version: every model looked up by the resolution rule and pinned to a version, the graph checked as
 * a whole. Nodes that still name what they named in `current` keep it, even where it could not be chosen any more.
 */
export async function planNodes(
  db: Db | Tx,
  writing: Writing,
  nodes: readonly WorkflowNode[],
  current: readonly WorkflowNodeRow[] = [],
): Promise<NewNode[]> {
  if (nodes.length === 0) throw invalidArgument('A workflow needs nodes', 'workflow');
  // Ids, references and cycles are told before any model is looked up.
  checkGraph(nodes.map((node) => graphNode(node)));
  const planned: NewNode[] = [];
  const typed = [];
  for (const node of nodes) {
    const { modelVersion, modelTypeId } = kept(node, current) ?? (await resolve(db, writing, node));
    checkOverride(findModelType(modelTypeId), node.outputInfoOverride);
    planned.push({ id: node.id, modelVersion, body: nodeBody(node) });
    typed.push({ ...graphNode(node), type: findModelType(modelTypeId) });
  }
  checkGraph(typed);
  return planned;
}

function graphNode(node: WorkflowNode) {
  return { id: node.id, inputs: node.nodeInputs.map(({ nodeId }) => nodeId) };
}

function kept(node: WorkflowNode, current: readonly WorkflowNodeRow[]): Resolved | undefined {
  const model = current.find(({ id }) => id === node.id)?.model;
  const { model: named } = node;
  if (!model || !named) return undefined;
  const same =
    named.id === model.id &&
    named.appId === model.app_id &&
    named.userId === model.user_id &&
    named.modelVersion?.id === model.version.id;
  return same ? { modelVersion: model.version.key, modelTypeId: model.model_type_id } : undefined;
}

async function resolve(db: Db | Tx, writing: Writing, node: WorkflowNode): Promise<Resolved> {
  const { caller, scope } = writing;
  const { id: modelId = '', userId, appId, modelVersion } = node.model ?? {};
  if (!modelId) throw invalidArgument(`Node '${node.id}' names no model`, 'workflow');
  const place = appId ? { userId: userId || scope.userId, appId } : { scope };
  const versionId = modelVersion?.id ?? '';
  const found = await findModelVersion(db, caller, { ...place, modelId, versionId, ready: true });
  if (!found) {
    throw new StatusError(StatusCode.MODEL_DOES_NOT_EXIST, {
      details: `Model does not exist: '${modelId.slice(0, 80)}' of node '${node.id}'`,
    });
  }
  const { model, version } = found;
  if (version?.status_code !== StatusCode.MODEL_TRAINED) {
    throw new StatusError(StatusCode.WORKFLOW_REQUIRE_TRAINED_MODEL, {
      details: `Model '${model.id}' of node '${node.id}' has no version that is ready`,
    });
  }
  return { modelVersion: version.key, modelTypeId: model.model_type_id };
}
