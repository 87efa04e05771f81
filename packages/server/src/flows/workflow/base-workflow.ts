// The base workflow of an app on inputs that come in: what its models say becomes annotations and embeddings.

import type { AppScope } from '@limpid/domain/access/authority';
import type { MediaKind } from '@limpid/domain/input/media';
import { readDoc } from '@limpid/store/db/doc';
import { knownNow } from '@limpid/store/db/known';
import type { FoundWorkflow } from '@limpid/store/db/workflow-refs';
import { findBaseWorkflow } from '@limpid/store/db/workflow-run';
import {
  create,
  DataSchema,
  type Input,
  InputSchema,
  StatusCode,
  type StatusError,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import type { PredictContext } from '../predict/context.ts';
import { fillFromRow } from '../predict/resolve-media.ts';
import { effectsOf } from './describe.ts';
import type { BaseWorkflow, Effects, ReadyInput } from './effects.ts';
import { executeWorkflow, type NodeOutputs } from './execute.ts';
import { planNodes } from './plan.ts';
import { statusOfInput } from './results.ts';

type Based = Omit<FoundWorkflow, 'own'>;

/** Media that are described as they come in. What is said of videos and sounds is asked for by predicting. */
const described: readonly MediaKind[] = ['image', 'text'];

const noFaults: ReadonlyMap<number, StatusError> = new Map();

export function createBaseWorkflow(deps: Deps): BaseWorkflow {
  return {
    describes: async (app) =>
      ((await findBaseWorkflow(deps.db, app.appKey))?.nodes.length ?? 0) > 0,
    run: async (app, inputs, signal) => {
      const found = await findBaseWorkflow(deps.db, app.appKey);
      if (!found || found.nodes.length === 0)
        return { annotations: [], embeddings: [], failures: [] };
      return await describeInputs(deps, app, found, inputs, signal);
    },
  };
}

async function describeInputs(
  deps: Deps,
  app: AppScope,
  found: Based,
  ready: readonly ReadyInput[],
  signal: AbortSignal,
): Promise<Effects> {
  const context = await contextOf(deps, app, ready, signal);
  const nodes = await planNodes(context, found, {});
  const inputs = await Promise.all(ready.map((input) => inputOf(deps, input)));
  const outputs = await executeWorkflow({ context, nodes, inputs, faults: noFaults });
  const version = found.version?.key;
  const effects = await effectsOf(deps, app, ready, outputs, version);
  return { ...effects, failures: failuresOf(ready, outputs) };
}

/** The owner of the app uses the models. The same inputs tried again are the same use. */
async function contextOf(
  deps: Deps,
  app: AppScope,
  inputs: readonly ReadyInput[],
  signal: AbortSignal,
): Promise<PredictContext> {
  const keys = inputs.map(({ key }) => key);
  const [first = 0n] = keys;
  return {
    deps,
    signal,
    reqId: `ingest-${first}-${keys.length}`,
    user: { key: app.userKey, id: app.userId },
    app,
    known: await knownNow(deps.db),
  };
}

async function inputOf(deps: Deps, { id, body, media }: ReadyInput): Promise<Input> {
  const stored = readDoc(DataSchema, body);
  const data = create(DataSchema);
  await fillFromRow(deps, data, { body, media }, described);
  // Of a medium that is known by its address only there is nothing to look at.
  if (data.image && data.image.base64.length === 0) data.image = undefined;
  data.text ??= stored.text?.raw ? stored.text : undefined;
  return create(InputSchema, { id, data });
}

/** An input that no model of the workflow reads is none: it is kept, and nothing is said of it. */
function failuresOf(
  inputs: readonly ReadyInput[],
  nodes: readonly NodeOutputs[],
): Effects['failures'] {
  return inputs.flatMap(({ key, media, kind }, index) => {
    const outputs = nodes.flatMap((node) => node.outputs[index] ?? []);
    const isDescribed = kind === 'text' || media.some((entry) => described.includes(entry.kind));
    if (!isDescribed) return [];
    const failed = outputs.find(({ status }) => status && isWrong(status.code));
    const status = failed?.status ?? statusOfInput(outputs);
    return isWrong(status.code)
      ? [{ inputKey: key, code: status.code, details: status.details || status.description }]
      : [];
  });
}

function isWrong(code: number): boolean {
  return code !== StatusCode.SUCCESS && code !== StatusCode.INPUT_UNSUPPORTED_FORMAT;
}
