import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { Batcher } from './batcher.ts';
import { floats, Session } from './session.ts';
import { normalize } from './vectors.ts';
import { WordPiece } from './wordpiece.ts';

const WIDTH = 384;
const MAX_TOKENS = 256;
/** The int8 network scales activations by batch: alone, a text always gets the same vector. */
const BATCH = 1;

/** all-MiniLM-L6-v2: English text → 384 numbers of unit length, from at most 256 tokens. */
export class MiniLm implements AsyncDisposable {
  readonly #session: Session;
  readonly #tokens: WordPiece;
  readonly #batcher: Batcher<readonly number[], Float32Array>;

  private constructor(session: Session, tokens: WordPiece) {
    this.#session = session;
    this.#tokens = tokens;
    this.#batcher = new Batcher(BATCH, (items) => Promise.all(items.map((ids) => this.#run(ids))));
  }

  static async open(dir: string, threads: number): Promise<MiniLm> {
    const vocabulary = await readFile(join(dir, 'vocab.txt'), 'utf8');
    const session = await Session.open(join(dir, 'model.onnx'), threads);
    return new MiniLm(session, new WordPiece(vocabulary));
  }

  embed(text: string): Promise<Float32Array> {
    return this.#batcher.submit(this.#tokens.encode(text, MAX_TOKENS));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }

  async #run(ids: readonly number[]): Promise<Float32Array> {
    const dims = [1, ids.length];
    const outputs = await this.#session.run({
      input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), dims),
      attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), dims),
      token_type_ids: new Tensor('int64', new BigInt64Array(ids.length), dims),
    });
    return meanOfTokens(floats(outputs, 'last_hidden_state'), ids.length);
  }
}

function meanOfTokens(states: Float32Array, count: number): Float32Array {
  const mean = new Float32Array(WIDTH);
  for (let token = 0; token < count; token++) {
    for (let i = 0; i < WIDTH; i++) mean[i] = (mean[i] ?? 0) + (states[token * WIDTH + i] ?? 0);
  }
  return normalize(mean);
}
