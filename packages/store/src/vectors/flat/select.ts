/** Candidates with their approximate scores (higher is better): the first `count` of both columns. */
export interface Scored {
  readonly slots: Uint32Array;
  readonly scores: Float32Array;
  readonly count: number;
}

export function joinScored(a: Scored, b: Scored): Scored {
  const count = a.count + b.count;
  const slots = new Uint32Array(count);
  const scores = new Float32Array(count);
  slots.set(a.slots.subarray(0, a.count));
  slots.set(b.slots.subarray(0, b.count), a.count);
  scores.set(a.scores.subarray(0, a.count));
  scores.set(b.scores.subarray(0, b.count), a.count);
  return { slots, scores, count };
}

/** The k-th highest score, -Infinity where there are fewer. With `groupOf`, of each group's best. */
export function kthBest(scored: Scored, k: number, groupOf?: Uint32Array): number {
  const values = groupOf
    ? bestPerGroup(scored, groupOf)
    : Float32Array.from(scored.scores.subarray(0, scored.count));
  return values.length < k ? Number.NEGATIVE_INFINITY : quickSelect(values, k - 1);
}

function bestPerGroup({ slots, scores, count }: Scored, groupOf: Uint32Array): Float32Array {
  const best = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const group = groupOf[slots[i] ?? 0] ?? 0;
    const score = scores[i] ?? 0;
    if (score > (best.get(group) ?? Number.NEGATIVE_INFINITY)) best.set(group, score);
  }
  return Float32Array.from(best.values());
}

/** The value that stands at `index` when sorted downwards; reorders `values`. */
function quickSelect(values: Float32Array, index: number): number {
  let [from, to] = [0, values.length - 1];
  while (from < to) {
    const pivot = values[(from + to) >>> 1] as number; // from <= to < length
    let [left, right] = [from, to];
    while (left <= right) {
      while ((values[left] as number) > pivot) left++;
      while ((values[right] as number) < pivot) right--;
      if (left > right) break;
      const swapped = values[left] as number;
      values[left++] = values[right] as number;
      values[right--] = swapped;
    }
    if (index <= right) to = right;
    else if (index >= left) from = left;
    else break;
  }
  return values[index] as number;
}

/** The candidates at or above `floor`, best first, at most `limit`, at most `perGroup` of one group. */
export function takeBest(
  scored: Scored,
  floor: (slot: number, score: number) => boolean,
  limit: number,
  groups?: { readonly of: Uint32Array; readonly most: number },
): number[] {
  const kept: number[] = [];
  for (let i = 0; i < scored.count; i++) {
    if (floor(scored.slots[i] ?? 0, scored.scores[i] ?? 0)) kept.push(i);
  }
  kept.sort((a, b) => (scored.scores[b] ?? 0) - (scored.scores[a] ?? 0));
  const slots = kept.map((i) => scored.slots[i] ?? 0);
  return (groups ? thinned(slots, groups.of, groups.most) : slots).slice(0, limit);
}

function thinned(slots: readonly number[], groupOf: Uint32Array, most: number): number[] {
  const taken = new Map<number, number>();
  return slots.filter((slot) => {
    const group = groupOf[slot] ?? 0;
    const already = taken.get(group) ?? 0;
    taken.set(group, already + 1);
    return already < most;
  });
}
