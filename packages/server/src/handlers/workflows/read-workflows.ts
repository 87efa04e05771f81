import type { Db, Tx } from '@limpid/store';
import { getWorkflowNodes } from '@limpid/store/db/workflow-versions';
import { getWorkflows } from '@limpid/store/db/workflows';
import type { Workflow } from '@limpid/wire';
import { workflowMessage } from './workflow-message.ts';

/** Workflows by key as their owner sees them, in the order of the keys. */
export async function readWorkflows(db: Db | Tx, keys: readonly bigint[]): Promise<Workflow[]> {
  const rows = await getWorkflows(db, keys);
  const nodes = await getWorkflowNodes(
    db,
    rows.flatMap(({ version }) => version?.key ?? []),
  );
  return rows.map((row) => workflowMessage(row, (row.version && nodes.get(row.version.key)) ?? []));
}
