import { type FoundWorkflow, findWorkflowVersion } from '@limpid/store/db/workflow-refs';
import type { WorkflowVersionRow } from '@limpid/store/db/workflow-versions';
import { notFound } from '@limpid/wire';
import type { Call } from '../../call.ts';

/** The workflow and version that a request means; 11101 when the caller sees none. */
export async function requireWorkflow(
  call: Call<'any'>,
  workflowId: string,
  versionId = '',
): Promise<FoundWorkflow> {
  const { scope } = call;
  const found = await findWorkflowVersion(call.deps.db, call.caller, {
    scope,
    workflowId,
    versionId,
  });
  if (!found) throw notFound();
  return found;
}

/** The same where a version is needed. */
export async function requireVersion(
  call: Call<'any'>,
  workflowId: string,
  versionId: string,
): Promise<FoundWorkflow & { readonly version: WorkflowVersionRow }> {
  const found = await requireWorkflow(call, workflowId, versionId);
  if (!found.version) throw notFound();
  return { ...found, version: found.version };
}
