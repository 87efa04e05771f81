import { InferenceSession, Tensor } from 'onnxruntime-node';

/** An ONNX network on the CPU with a fixed number of threads. */
export class Session implements AsyncDisposable {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async open(path: string, threads: number): Promise<Session> {
    const session = await InferenceSession.create(path, {
      executionProviders: ['cpu'],
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      // Idle threads that spin would take the cores from the decoding of the next batch.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    return new Session(session);
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames;
  }

  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> {
    return this.#session.run(feeds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}

/** The float data of an output. */
export function floats(outputs: Readonly<Record<string, Tensor>>, name: string): Float32Array {
  const data = outputs[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`the network has no float output ${name}`);
  return data;
}

/** RGB images of one square size as the input `[n, size, size, 3]` of a network. */
export function imageBatch(images: readonly Uint8Array[], size: number): Tensor {
  const stride = size * size * 3;
  const pixels = new Uint8Array(images.length * stride);
  for (const [i, image] of images.entries()) pixels.set(image, i * stride);
  return new Tensor('uint8', pixels, [images.length, size, size, 3]);
}
