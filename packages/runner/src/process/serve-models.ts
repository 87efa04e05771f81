// The built-in models of one process: each a runner of its own on the platform, all sharing networks and pixels.
import {
  create,
  type MultiOutputResponse,
  MultiOutputResponseSchema,
  modelNotFound,
  type PostModelOutputsRequest,
  StatusCode,
  StatusError,
  StatusSchema,
  statusInfo,
} from '@limpid/wire';
import { ModelHost } from '../families/host.ts';
import type { LoadedModel, ModelInput, ModelOutput } from '../families/types.ts';
import { findManifest } from '../models/catalogue.ts';
import { pullModel } from '../models/pull.ts';
import { type ServedRunner, serveRunner } from '../protocol/client.ts';
import { toModelInput, toOutput } from './convert.ts';

/** One runner that the process serves for. */
export interface Assignment {
  readonly runnerId: string;
  readonly token: string;
  readonly userId: string;
  readonly computeClusterId: string;
  readonly nodepoolId: string;
  /** Of the built-in catalogue. */
  readonly modelId: string;
}

export interface ServeModelsOptions {
  readonly baseUrl: string;
  readonly modelsDir: string;
  readonly threads: number;
  /** Items at a time for each runner. */
  readonly inFlight: number;
  readonly replicaId: string;
  readonly rootCertificates?: Buffer;
  readonly log: (line: object) => void;
}

export interface ModelServer extends AsyncDisposable {
  /** Fetches a model's weights, if they are not there. */
  pull(modelId: string): Promise<void>;
  /** Loads the model, pulling its weights where they are missing, and dials in for the runner. */
  serve(assignment: Assignment): Promise<void>;
  /** Ends what runs for one runner and hangs up. */
  release(runnerId: string): Promise<void>;
}

export function createModelServer(options: ServeModelsOptions): ModelServer {
  const host = new ModelHost({ modelsDir: options.modelsDir, threads: options.threads });
  const served = new Map<string, ServedRunner>();

  async function serve(assignment: Assignment): Promise<void> {
    const { runnerId, modelId } = assignment;
    if (served.has(runnerId)) return;
    const manifest = findManifest(modelId);
    if (!manifest) throw modelNotFound();
    await pullModel(manifest, { modelsDir: options.modelsDir });
    const model = await host.load(manifest);
    const runner = serveRunner({
      ...assignment,
      baseUrl: options.baseUrl,
      replicaId: options.replicaId,
      inFlight: options.inFlight,
      ...(options.rootCertificates && { rootCertificates: options.rootCertificates }),
      handlers: { predict: (request, { signal }) => predictAll(model, request, signal) },
      onError: (error) => options.log({ level: 'error', model: modelId, error: String(error) }),
      onState: (state) => options.log({ level: 'info', model: modelId, state: state.type }),
    });
    served.set(runnerId, runner);
    runner.closed.catch((error: unknown) => {
      served.delete(runnerId);
      options.log({ level: 'error', model: modelId, error: String(error) });
    });
  }

  async function release(runnerId: string): Promise<void> {
    const runner = served.get(runnerId);
    served.delete(runnerId);
    await runner?.close();
  }

  async function pull(modelId: string): Promise<void> {
    const manifest = findManifest(modelId);
    if (!manifest) throw modelNotFound();
    await pullModel(manifest, { modelsDir: options.modelsDir });
  }

  return {
    pull,
    serve,
    release,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...served.keys()].map(release));
      await host[Symbol.asyncDispose]();
    },
  };
}

/** An output for every input, in order; inputs that the model can not look at fail alone. */
export async function predictAll(
  model: LoadedModel,
  request: PostModelOutputsRequest,
  signal: AbortSignal,
): Promise<MultiOutputResponse> {
  const asked = request.inputs.map((input) => toModelInput(input, model));
  const readable = asked.filter((input): input is ModelInput => !(input instanceof StatusError));
  const answers = readable.length > 0 ? await model.predict(readable, signal) : [];
  const config = request.model?.modelVersion?.outputInfo?.outputConfig;
  let next = 0;
  const outputs = asked.map((input) => {
    // `predict` answers each readable input once, in order.
    const answer: ModelOutput | StatusError =
      input instanceof StatusError ? input : (answers[next++] as ModelOutput);
    return toOutput(answer, model, config);
  });
  return create(MultiOutputResponseSchema, {
    status: overall(outputs.map((output) => output.status?.code ?? 0)),
    outputs,
  });
}

/** Success when all succeeded, mixed when some did; a failure that all share is the answer's own. */
function overall(codes: readonly number[]) {
  const failed = codes.filter((code) => code !== StatusCode.SUCCESS);
  const [first = StatusCode.FAILURE] = failed;
  const shared = failed.every((code) => code === first);
  const code =
    failed.length === 0
      ? StatusCode.SUCCESS
      : failed.length < codes.length
        ? StatusCode.MIXED_STATUS
        : shared
          ? first
          : StatusCode.FAILURE;
  return create(StatusSchema, { code, description: statusInfo(code).description });
}
