// Runs the nodes of a workflow on a few inputs, each as soon as those before it have answered.
import { findModelType } from '@limpid/domain/model-types/registry';
import { inOrderOfRun } from '@limpid/domain/workflow/graph';
import { leavesOf, meets } from '@limpid/domain/workflow/leaves';
import {
  create,
  type Data,
  DataSchema,
  type Input,
  InputSchema,
  ModelSchema,
  type Output,
  type OutputConfig,
  OutputSchema,
  PostModelOutputsRequestSchema,
  type Status,
  StatusCode,
  StatusError,
  StatusSchema,
  statusInfo,
} from '@limpid/wire';
import type { PredictContext } from '../predict/context.ts';
import { runModel } from '../predict/run-model.ts';
import { kindsOf, lookBack, mergeData } from './merge-data.ts';
import type { PlannedNode } from './plan.ts';

export interface Execution {
  readonly context: PredictContext;
  readonly nodes: readonly PlannedNode[];
  /** With their media at hand, as many as a model may be given at a time. */
  readonly inputs: readonly Input[];
  /** Inputs that can not be had, by position. */
  readonly faults: ReadonlyMap<number, StatusError>;
  readonly outputConfig?: OutputConfig | undefined;
}

/** What a node was given and what it answered, for each input in order. */
interface Done {
  readonly given: readonly (Data | Status)[];
  readonly outputs: readonly Output[];
}

export interface NodeOutputs {
  readonly node: PlannedNode;
  readonly outputs: readonly Output[];
}

/**
 * The nodes' outputs in the order of the definition. An input that a model does not read has an output that says so
 * (30101). Throws what means "later": then nothing of it counts.
 */
export async function executeWorkflow(execution: Execution): Promise<NodeOutputs[]> {
  const running = new Map<string, Promise<Done>>();
  for (const node of inOrderOfRun(execution.nodes)) {
    const before = node.inputs.flatMap((id) => running.get(id) ?? []);
    running.set(node.id, runNode(execution, node, before));
  }
  // All are waited for, so that nothing runs on behind an answer.
  const ends = await Promise.allSettled(running.values());
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return await Promise.all(
    execution.nodes.map(async (node) => ({
      node,
      outputs: (await running.get(node.id))?.outputs ?? [],
    })),
  );
}

async function runNode(
  execution: Execution,
  node: PlannedNode,
  waiting: readonly Promise<Done>[],
): Promise<Done> {
  const before = await Promise.all(waiting);
  const given = execution.inputs.map((input, index) =>
    before.length === 0 ? ofInput(execution, node, input, index) : ofNodes(node, before, index),
  );
  const readable = given.filter((one) => !isStatus(one));
  const answers = readable.length > 0 ? await ask(execution, node, readable) : [];
  let next = 0;
  const outputs = given.map((one) => {
    const answer = isStatus(one) ? create(OutputSchema, { status: one }) : answers[next++];
    return answer ?? create(OutputSchema, { status: statusOf(StatusCode.MODEL_PREDICTION_FAILED) });
  });
  return { given, outputs };
}

async function ask(
  { context, nodes, outputConfig }: Execution,
  node: PlannedNode,
  given: readonly Data[],
): Promise<readonly Output[]> {
  const params = node.override?.params;
  const request = create(PostModelOutputsRequestSchema, {
    inputs: given.map((data) => create(InputSchema, { data })),
    model: create(ModelSchema, {
      modelVersion: {
        outputInfo: {
          ...(params && { params }),
          ...(outputConfig && { outputConfig: { ...copyOf(outputConfig) } }),
        },
      },
    }),
  });
  const response = await runModel(context, node.target, request, {
    faults: new Map(),
    override: node.override,
    whole: nodes.some(({ inputs }) => inputs.includes(node.id)),
    part: node.ordinal,
  });
  for (const { status } of response.outputs) {
    if (!status || statusInfo(status.code).audience !== 'later') continue;
    throw new StatusError(status.code, { details: `node '${node.id}': ${status.details}` });
  }
  for (const output of response.outputs) output.input = undefined;
  return response.outputs;
}

/** Filled in for each node by its model's own settings, so each needs one of its own. */
function copyOf({ maxConcepts, minValue, selectConcepts, sampleMs, language }: OutputConfig) {
  return { maxConcepts, minValue, selectConcepts, sampleMs, language };
}

function ofInput(
  { faults }: Execution,
  { target }: PlannedNode,
  input: Input,
  index: number,
): Data | Status {
  const fault = faults.get(index);
  if (fault) return statusOf(fault.code, fault.details || fault.description);
  const data = input.data ?? create(DataSchema);
  return reads(target, data) ? data : statusOf(StatusCode.INPUT_UNSUPPORTED_FORMAT);
}

/** Models that would only refuse are not started for it. */
function reads({ model, builtIn }: PlannedNode['target'], data: Data): boolean {
  const takes = leavesOf(findModelType(model.model_type_id)?.inputs);
  const kinds = new Set(kindsOf(data));
  // Clusterers take what embeddings are made of, too.
  if (!builtIn || kinds.size === 0 || takes === 'any' || takes.has('embeddings')) return true;
  if (kinds.has('video')) kinds.add('image');
  return meets(takes, kinds);
}

function ofNodes({ target }: PlannedNode, before: readonly Done[], index: number): Data | Status {
  const answers = before.flatMap(({ outputs }) => outputs[index] ?? []);
  const broken = answers.find(({ status }) => isFailure(status));
  if (broken?.status) return broken.status;
  const sound = answers.filter(({ status }) => status?.code === StatusCode.SUCCESS);
  if (sound.length === 0) return statusOf(StatusCode.INPUT_UNSUPPORTED_FORMAT);
  const merged = mergeData(sound.flatMap(({ data }) => data ?? []));
  const earlier = before.flatMap(({ given }) => given[index] ?? []).filter((one) => !isStatus(one));
  lookBack(merged, findModelType(target.model.model_type_id)?.inputs, earlier);
  return merged;
}

/** A model that does not read a kind of input is no failure while another one does. */
export function isFailure(status: Status | undefined): boolean {
  const code = status?.code ?? StatusCode.SUCCESS;
  return code !== StatusCode.SUCCESS && code !== StatusCode.INPUT_UNSUPPORTED_FORMAT;
}

function isStatus(one: Data | Status): one is Status {
  return one.$typeName === StatusSchema.typeName;
}

function statusOf(code: number, details = ''): Status {
  const { description } = statusInfo(code);
  return create(StatusSchema, { code, description, details: details || description });
}
