import { DeleteWorkflow } from './DeleteWorkflow.ts';
import { DeleteWorkflows } from './DeleteWorkflows.ts';
import { DeleteWorkflowVersions } from './DeleteWorkflowVersions.ts';
import { GetWorkflow } from './GetWorkflow.ts';
import { GetWorkflowVersion } from './GetWorkflowVersion.ts';
import { ListWorkflows } from './ListWorkflows.ts';
import { ListWorkflowVersions } from './ListWorkflowVersions.ts';
import { PatchWorkflowIds } from './PatchWorkflowIds.ts';
import { PatchWorkflows } from './PatchWorkflows.ts';
import { PatchWorkflowVersions } from './PatchWorkflowVersions.ts';
import { PostWorkflows } from './PostWorkflows.ts';

export const workflows = {
  DeleteWorkflow,
  DeleteWorkflowVersions,
  DeleteWorkflows,
  GetWorkflow,
  GetWorkflowVersion,
  ListWorkflowVersions,
  ListWorkflows,
  PatchWorkflowIds,
  PatchWorkflowVersions,
  PatchWorkflows,
  PostWorkflows,
};
