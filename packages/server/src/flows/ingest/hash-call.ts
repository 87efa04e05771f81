import { createHash } from 'node:crypto';
import { setImmediate as letOthersIn } from 'node:timers/promises';
import { isRefused, type Prepared } from './prepare.ts';

const large = 1024 * 1024;

/** What a call holds, in 32 bytes: equal for the same call, however often it is sent. */
export async function hashCall(prepared: readonly Prepared[]): Promise<Buffer> {
  const hash = createHash('sha256');
  for (const item of prepared) {
    // Lengths first, so that two lists of inputs never run into the same bytes.
    hash.update(`${item.signature.length}:${item.signature}`);
    for (const { bytes } of isRefused(item) ? [] : item.bytes) {
      hash.update(`${bytes.length}:`).update(bytes);
      if (bytes.length > large) await letOthersIn();
    }
  }
  return hash.digest();
}
