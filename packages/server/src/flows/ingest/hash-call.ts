import { createHash } from 'node:crypto';
import { setImmediate as letOthersIn } from 'node:timers/promises';
import { type Input, InputSchema, toBinary } from '@limpid/wire';

const large = 1024 * 1024;

/** What a call holds, in 32 bytes: equal for the same call, however often it is sent. */
export async function hashCall(inputs: readonly Input[]): Promise<Buffer> {
  const hash = createHash('sha256');
  for (const input of inputs) {
    const bytes = toBinary(InputSchema, input);
    // Its length first, so that two lists of inputs never run into the same bytes.
    hash.update(`${bytes.length}:`).update(bytes);
    if (bytes.length > large) await letOthersIn();
  }
  return hash.digest();
}
