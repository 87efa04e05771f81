import { clone } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { PRIVATE } from '@limpid/domain/access/visibility';
import { dropSecretValues, hideSecrets } from '@limpid/domain/model/secrets';
import { checkWorkflowTexts } from '@limpid/domain/workflow/check-workflow';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import { INHERITED } from '@limpid/store/db/place';
import type {
  NodeModel,
  WorkflowNodeRow,
  WorkflowVersionRow,
} from '@limpid/store/db/workflow-versions';
import type { WorkflowFields, WorkflowRow } from '@limpid/store/db/workflows';
import {
  create,
  type Model,
  ModelSchema,
  ModelVersionSchema,
  OutputInfoSchema,
  VisibilitySchema,
  type Workflow,
  type WorkflowNode,
  WorkflowNodeSchema,
  WorkflowSchema,
  type WorkflowVersion,
  WorkflowVersionSchema,
} from '@limpid/wire';
import { statusMessage } from '../model-versions/version-message.ts';

const COLUMNS = [
  'id',
  'appId',
  'userId',
  'visibility',
  'createdAt',
  'modifiedAt',
  'nodes',
  'version',
  'isStarred',
  'starCount',
  'bookmarkOrigin',
] as const;

const VERSION_COLUMNS = [
  'id',
  'workflowId',
  'appId',
  'userId',
  'visibility',
  'createdAt',
  'modifiedAt',
  'nodes',
  'isDeprecated',
] as const;

/** A workflow as clients see it, with the nodes of its version. */
export function workflowMessage(row: WorkflowRow, nodes: readonly WorkflowNodeRow[]): Workflow {
  const workflow = bareWorkflow(row, nodes);
  for (const node of workflow.nodes) hideSecrets(node.outputInfoOverride);
  return workflow;
}

/** The workflow with everything that is stored: what patches apply to. */
export function bareWorkflow(row: WorkflowRow, nodes: readonly WorkflowNodeRow[]): Workflow {
  const workflow = readDoc(WorkflowSchema, row.body);
  workflow.id = row.id;
  workflow.appId = row.app_id;
  workflow.userId = row.user_id;
  workflow.visibility = create(VisibilitySchema, { gettable: row.visibility });
  workflow.starCount = row.star_count;
  workflow.createdAt = timestampFromDate(row.created_at);
  workflow.modifiedAt = timestampFromDate(row.modified_at);
  workflow.nodes = nodes.map(nodeMessage);
  if (row.version) {
    workflow.version = versionMessage(row.version, row, nodes);
    // They stand once in the answer: with the workflow.
    workflow.version.nodes = [];
  }
  return workflow;
}

export function versionMessage(
  row: WorkflowVersionRow,
  workflow: WorkflowRow,
  nodes: readonly WorkflowNodeRow[],
): WorkflowVersion {
  const version = readDoc(WorkflowVersionSchema, row.body);
  version.id = row.id;
  version.workflowId = workflow.id;
  version.appId = workflow.app_id;
  version.userId = workflow.user_id;
  const gettable = row.visibility === INHERITED ? workflow.visibility : row.visibility;
  version.visibility = create(VisibilitySchema, { gettable });
  version.createdAt = timestampFromDate(row.created_at);
  version.modifiedAt = timestampFromDate(row.modified_at);
  version.nodes = nodes.map(nodeMessage);
  for (const node of version.nodes) hideSecrets(node.outputInfoOverride);
  version.isDeprecated = nodes.some((node) => !node.model?.alive);
  return version;
}

function nodeMessage(row: WorkflowNodeRow): WorkflowNode {
  const node = readDoc(WorkflowNodeSchema, row.body);
  node.id = row.id;
  if (row.model) node.model = modelOf(row.model);
  return node;
}

/** What identifies the model and its version. Clients cannot read every field of a model here, so the rest stays out. */
function modelOf({ version, ...model }: NodeModel): Model {
  return create(ModelSchema, {
    id: model.id,
    name: model.name || model.id,
    appId: model.app_id,
    userId: model.user_id,
    modelTypeId: model.model_type_id,
    visibility: { gettable: model.visibility },
    createdAt: timestampFromDate(model.created_at),
    modifiedAt: timestampFromDate(model.modified_at),
    modelVersion: create(ModelVersionSchema, {
      id: version.id,
      appId: model.app_id,
      userId: model.user_id,
      status: statusMessage(version.status_code, version.status_details),
      visibility: { gettable: version.visibility || model.visibility },
      createdAt: timestampFromDate(version.created_at),
      modifiedAt: timestampFromDate(version.modified_at),
    }),
  });
}

/** Checks a workflow that is to be stored, and splits it into columns and body. */
export function storedWorkflow(workflow: Workflow): WorkflowFields {
  checkWorkflowTexts(workflow);
  return {
    visibility: workflow.visibility?.gettable || PRIVATE,
    body: writeDoc(WorkflowSchema, workflow, { omit: COLUMNS }),
  };
}

export function versionBody(version: WorkflowVersion): string {
  return writeDoc(WorkflowVersionSchema, version, { omit: VERSION_COLUMNS });
}

/** The body of a node. Of its override only data and params have a meaning. */
export function nodeBody(given: WorkflowNode): string {
  const node = clone(WorkflowNodeSchema, given);
  const { outputInfoOverride: override } = node;
  if (override) {
    const kept = create(OutputInfoSchema);
    if (override.data) kept.data = override.data;
    if (override.params) kept.params = override.params;
    dropSecretValues(kept);
    node.outputInfoOverride = kept;
  }
  return writeDoc(WorkflowNodeSchema, node, { omit: ['id', 'model'] });
}
