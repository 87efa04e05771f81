// The inputs among which a rank looks: what the filters leave. Told to the vector index in whichever form is shortest,
// and asked of single vectors that the index does not hold.
import type { AppScope } from '@limpid/domain/access/authority';
import { mediaKinds } from '@limpid/domain/input/media';
import type { FilterTerm } from '@limpid/domain/query/ast';
import type { Db } from '@limpid/store';
import { inputStatus } from '@limpid/store/db/inputs';
import type { ConceptSet } from '@limpid/store/db/search-conditions';
import { allKinds, kindBits } from '@limpid/store/db/search-embeddings';
import { listMatchingInputs, type Matching } from '@limpid/store/db/searches';
import type { VectorFilter } from '@limpid/store/vectors/vectors';

export interface Within {
  readonly filter: VectorFilter;
  accepts(inputKey: bigint, kind: number): boolean;
}

type Filter = FilterTerm<ConceptSet>;

export const everything: Within = { filter: {}, accepts: () => true };

/** Asks the database as little as the filters allow. */
export async function withinMatches(db: Db, scope: AppScope, matching: Matching): Promise<Within> {
  const { filters } = matching;
  if (filters.length === 0) return everything;
  const kinds = kindsOnly(filters);
  if (kinds) return { filter: { kinds: [...kinds] }, accepts: (_, kind) => kinds.has(kind) };
  // Where nearly all inputs match, those that don't are the shorter list.
  const inverted = matching.unit === 'input' && filters.every(isBroad);
  const inputs = await listMatchingInputs(db, scope, matching, inverted);
  return inverted ? withoutInputs(inputs) : withinInputs(inputs);
}

export function withinInputs(inputs: BigUint64Array): Within {
  const has = lookUp(inputs);
  return { filter: { only: { by: 'input', values: inputs } }, accepts: has };
}

function withoutInputs(inputs: BigUint64Array): Within {
  const has = lookUp(inputs);
  return { filter: { except: { by: 'input', values: inputs } }, accepts: (key) => !has(key) };
}

/** Put in order for whoever asks of a single input, which is seldom. */
function lookUp(inputs: BigUint64Array): (inputKey: bigint) => boolean {
  let sorted: BigUint64Array | undefined;
  return (inputKey) => {
    sorted ??= inputs.slice().sort();
    return placeOf(sorted, inputKey) >= 0;
  };
}

/** Kinds of vectors that fit, where the filters ask for nothing but media. The index knows these by itself. */
function kindsOnly(filters: readonly Filter[]): ReadonlySet<number> | undefined {
  let kinds = Array.from({ length: allKinds }, (_, kind) => kind);
  for (const { negate, annotation, input, anyOfInput } of filters) {
    const [test] = anyOfInput;
    const isOther = annotation.length + input.length > 0 || anyOfInput.length !== 1;
    if (isOther || test?.is !== 'kinds') return undefined;
    const wanted = mediaKinds.reduce(
      (bits, kind) => (test.anyOf.includes(kind) ? bits | kindBits[kind] : bits),
      0,
    );
    kinds = kinds.filter((kind) => ((kind & wanted) !== 0) !== negate);
  }
  return new Set(kinds);
}

function isBroad({ negate, annotation, input, anyOfInput }: Filter): boolean {
  if (negate) return true;
  const [test] = anyOfInput;
  const isStatus = anyOfInput.length === 1 && test?.is === 'status';
  return annotation.length + input.length === 0 && isStatus && test.code === inputStatus.done;
}

/** Where a key stands in ascending keys, or -1. */
export function placeOf(keys: BigUint64Array, key: bigint): number {
  let low = 0;
  let high = keys.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = keys[middle] as bigint; // low <= middle <= high
    if (found === key) return middle;
    if (found < key) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
