import { isDeepStrictEqual } from 'node:util';
import type { AppScope } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import type { Tx } from '@limpid/store';
import { writeDoc } from '@limpid/store/db/doc';
import {
  getWorkflowNodes,
  insertWorkflowVersion,
  type NewNode,
} from '@limpid/store/db/workflow-versions';
import {
  getWorkflows,
  insertWorkflow,
  lockWorkflow,
  updateWorkflow,
  type WorkflowRow,
} from '@limpid/store/db/workflows';
import {
  create,
  newHexId,
  type RandomBytes,
  WorkflowNodeSchema,
  WorkflowSchema,
} from '@limpid/wire';
import type { SeedModel, SeedNode, SeedWorkflow } from './types.ts';

/** Keys of the versions of each model of the catalogue, by the ids of both. */
export type SeededVersions = ReadonlyMap<string, ReadonlyMap<string, bigint>>;

/** Brings one workflow to what the catalogue says of it. Other nodes are a new version: the one before still runs. */
export async function seedWorkflow(
  tx: Tx,
  scope: AppScope,
  seed: SeedWorkflow,
  nodes: readonly NewNode[],
  random: RandomBytes,
): Promise<void> {
  const row = await ensureWorkflow(tx, scope, seed);
  if (row.version && (await hasNodes(tx, row.version.key, nodes))) return;
  await insertWorkflowVersion(tx, row.key, {
    id: newHexId(random),
    visibility: PUBLIC,
    body: '{}',
    nodes,
  });
}

async function ensureWorkflow(tx: Tx, scope: AppScope, seed: SeedWorkflow): Promise<WorkflowRow> {
  const { description } = seed;
  const fields = {
    visibility: PUBLIC,
    body: writeDoc(WorkflowSchema, create(WorkflowSchema, { description })),
  };
  const known = await lockWorkflow(tx, scope, seed.id);
  const key = known ?? (await insertWorkflow(tx, scope, { id: seed.id, ...fields }));
  const [row] = key === undefined ? [] : await getWorkflows(tx, [key]);
  if (!row) throw new Error(`workflow ${seed.id} could not be made`);
  const same = row.visibility === PUBLIC && isDeepStrictEqual(row.body, JSON.parse(fields.body));
  if (!same) await updateWorkflow(tx, row.key, fields);
  return row;
}

async function hasNodes(tx: Tx, version: bigint, nodes: readonly NewNode[]): Promise<boolean> {
  const rows = (await getWorkflowNodes(tx, [version])).get(version) ?? [];
  return isDeepStrictEqual(
    rows.map((row) => [row.id, row.model_version, row.body]),
    nodes.map((node) => [node.id, node.modelVersion, JSON.parse(node.body)]),
  );
}

/** The nodes of a seeded workflow with the versions that they run. */
export function nodesOf(
  seed: SeedWorkflow,
  models: readonly SeedModel[],
  versions: SeededVersions,
): NewNode[] {
  return seed.nodes.map((node) => ({
    id: node.id,
    modelVersion: versionOf(node, models, versions),
    body: nodeBody(node),
  }));
}

function versionOf(node: SeedNode, models: readonly SeedModel[], versions: SeededVersions): bigint {
  const newest = models.find(({ id }) => id === node.model)?.versions[0] ?? '';
  const key = versions.get(node.model)?.get(node.version ?? newest);
  if (key === undefined)
    throw new Error(`node ${node.id} names ${node.model}, which is not seeded`);
  return key;
}

function nodeBody({ inputs = [] }: SeedNode): string {
  const nodeInputs = inputs.map((nodeId) => ({ nodeId }));
  return writeDoc(WorkflowNodeSchema, create(WorkflowNodeSchema, { nodeInputs }));
}
