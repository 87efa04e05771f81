import { StatusCode, StatusError } from '@limpid/wire';
import { invalidArgument } from '@limpid/wire/status';
import type { ModelTypeManifest } from '../model-types/manifest.ts';
import { type Leaves, leavesOf, meets, union } from './leaves.ts';

/** A node as far as the graph is concerned. */
export interface GraphNode {
  readonly id: string;
  /** Nodes whose outputs it takes; none: it takes the workflow's input. */
  readonly inputs: readonly string[];
  /** Absent for types that this release does not know: they fit anywhere. */
  readonly type?: ModelTypeManifest | undefined;
}

export const MAX_NODES = 20;
const MAX_NODE_ID = 128;

/** Refuses a list of nodes that is no workflow: ids, references, cycles and what flows along the edges. */
export function checkGraph(nodes: readonly GraphNode[]): void {
  if (nodes.length > MAX_NODES) {
    throw invalidArgument(`A workflow has at most ${MAX_NODES} nodes`, 'workflow');
  }
  const byId = checkIds(nodes);
  for (const node of nodes) checkReferences(node, byId);
  const given = new Map<string, Leaves>();
  for (const node of inOrderOfRun(nodes)) given.set(node.id, checkFlow(node, given));
}

function checkIds(nodes: readonly GraphNode[]): ReadonlyMap<string, GraphNode> {
  const byId = new Map<string, GraphNode>();
  for (const node of nodes) {
    if (node.id.trim() === '' || node.id.length > MAX_NODE_ID) {
      throw invalidArgument(`A node id has 1 to ${MAX_NODE_ID} characters`, 'workflow');
    }
    if (byId.has(node.id)) throw invalidGraph(`two nodes have the id '${node.id}'`);
    byId.set(node.id, node);
  }
  return byId;
}

function checkReferences(node: GraphNode, byId: ReadonlyMap<string, GraphNode>): void {
  for (const input of node.inputs) {
    if (byId.has(input)) continue;
    throw new StatusError(StatusCode.WORKFLOW_NO_MATCHING_INPUT, {
      details: `node '${node.id}' takes its input from '${input.slice(0, MAX_NODE_ID)}', which is no node`,
    });
  }
}

/** The nodes, each after those that it takes its input from; otherwise as they are defined. */
export function inOrderOfRun<N extends Pick<GraphNode, 'id' | 'inputs'>>(nodes: readonly N[]): N[] {
  const ordered: N[] = [];
  const done = new Set<string>();
  let waiting = [...nodes];
  while (waiting.length > 0) {
    const ready = waiting.filter((node) => node.inputs.every((input) => done.has(input)));
    if (ready.length === 0) {
      const ids = waiting.map(({ id }) => `'${id}'`).join(', ');
      throw invalidGraph(`nodes ${ids} wait for each other`);
    }
    for (const node of ready) done.add(node.id);
    ordered.push(...ready);
    waiting = waiting.filter((node) => !done.has(node.id));
  }
  return ordered;
}

/**
 * What nodes behind this one can work on: its outputs and, because a node may look back along the graph, all that it
 * was given itself.
 */
function checkFlow(node: GraphNode, given: ReadonlyMap<string, Leaves>): Leaves {
  const needs = leavesOf(node.type?.inputs);
  const makes = leavesOf(node.type?.outputs);
  if (node.inputs.length === 0) return union([needs, makes]);
  const reaching = union(node.inputs.map((input) => given.get(input) ?? leavesOf(undefined)));
  if (!meets(needs, reaching)) {
    throw invalidGraph(
      `node '${node.id}' takes ${needs === 'any' ? 'anything' : [...needs].join(', ')}, which reaches it from none of ${node.inputs.join(', ')}`,
    );
  }
  return union([reaching, makes]);
}

function invalidGraph(details: string): StatusError {
  return new StatusError(StatusCode.WORKFLOW_INVALID_GRAPH, { details });
}
