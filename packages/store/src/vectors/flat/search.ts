/**
 * A query in four steps, each on fewer documents and more bits:
 *
 * 1. candidates: the app's documents that pass the filter;
 * 2. sketches (one bit a dimension) of all of them: 11 ns each, in the order of memory;
 * 3. codes (one byte a dimension) of those that the sketches cannot rule out;
 * 4. the full-precision vectors, from the file, of those that the codes cannot tell apart.
 *
 * Step 2 cannot miss by much: after a random rotation the bits in which two sketches differ follow a binomial
 * distribution around angle / pi. The codes of the nearest sketches give a k-th score that the answer must reach;
 * whatever has more differing bits than `CERTAINTY` standard deviations beyond that score's angle is left out, and
 * all the rest is looked at. So the work adapts to the data, and the recall does not.
 */
import type { Metric, VectorHit, VectorQuery } from '../vectors.ts';
import type { Reached } from '../zvec/app-graph.ts';
import { type Candidates, findCandidates, passing } from './candidates.ts';
import type { Coder, QueryCode } from './codes.ts';
import { exactValue, isAscending, type Measure, measureOf } from './measure.ts';
import { joinScored, kthBest, type Scored, takeBest } from './select.ts';
import type { CodeSlab, SketchSlab } from './slab.ts';
import type { Slots } from './slots.ts';

export interface Searchable {
  readonly slots: Slots;
  readonly coder: Coder;
  readonly codes: CodeSlab;
  readonly sketches: SketchSlab;
  /** All vectors have one length, so that every metric orders them by angle. */
  readonly sameLength: boolean;
  /** The full-precision vector of a slot. */
  read(slot: number, into: Float32Array): void;
}

/** Below this many candidates the codes are read straight away. */
const SKETCH_FROM = 1_500;
/** Standard deviations: 3 leaves out 1 in 740 of those that lie exactly at the k-th score, fewer of the nearer. */
const CERTAINTY = 3;
/** Sketches in the order of memory cost a sixth of scattered ones: a longer list may be the cheaper. */
const SWEEP_GAIN = 6;
/** Full-precision vectors read for one input in a distinct answer. */
const FRAMES_PER_INPUT = 4;

interface SketchDistances {
  readonly bits: Uint16Array;
  readonly histogram: Uint32Array;
}

/** Whether the angle alone decides the order. */
export function ordersByAngle(space: Pick<Searchable, 'sameLength'>, query: VectorQuery): boolean {
  return (query.metric ?? 'cosine') === 'cosine' || space.sameLength;
}

/** With `reached`, what a graph found stands for all that it covers, where that is enough. */
export function search(space: Searchable, query: VectorQuery, reached?: Reached): VectorHit[] {
  const task = new Search(space, query);
  const hits = reached && task.runReached(reached);
  return hits ?? task.run(findCandidates(space.slots, query.app, query.filter));
}

class Search {
  readonly #space: Searchable;
  readonly #query: VectorQuery;
  readonly #metric: Metric;
  readonly #byAngle: boolean;
  /** For the order among approximate scores. */
  readonly #measure: Measure;
  readonly #code: QueryCode;
  /** Slots of one group count once in the answer. */
  readonly #groups: Uint32Array | undefined;

  constructor(space: Searchable, query: VectorQuery) {
    this.#space = space;
    this.#query = query;
    this.#metric = query.metric ?? 'cosine';
    this.#code = space.coder.encodeQuery(query.vector);
    this.#byAngle = ordersByAngle(space, query) && this.#code.norm > 0;
    this.#measure = measureOf(this.#byAngle ? 'cosine' : this.#metric, this.#code.norm);
    this.#groups = query.distinct ? space.slots.inputs : undefined;
  }

  run(candidates: Candidates): VectorHit[] {
    return this.#rank(this.#contenders(this.#scan(candidates)));
  }

  /** Nothing where the filter left too few of those that the graph found. */
  runReached({ near, fresh }: Reached): VectorHit[] | undefined {
    const keep = passing(this.#space.slots, this.#query.filter);
    const found = this.#score(keep(near));
    if (kthBest(found, this.#query.k, this.#groups) === Number.NEGATIVE_INFINITY) return undefined;
    return this.#rank(this.#contenders(joinScored(found, this.#scan(keep(fresh)))));
  }

  #scan(candidates: Candidates): Scored {
    const many = candidates.count > Math.max(SKETCH_FROM, 8 * this.#query.k);
    return many && this.#byAngle ? this.#narrow(candidates) : this.#score(candidates);
  }

  /** Steps 2 and 3. */
  #narrow(candidates: Candidates): Scored {
    const distances = this.#compareSketches(candidates);
    const near = binReaching(
      distances.histogram,
      Math.max(128, (this.#groups ? 16 : 4) * this.#query.k),
    );
    const nearest = this.#score(slotsWithin(candidates, distances, 0, near));
    const kth = kthBest(nearest, this.#query.k, this.#groups) - this.#codeError();
    const far = farthestBin(kth, this.#space.coder.dimensions);
    if (far <= near) return nearest;
    return joinScored(nearest, this.#score(slotsWithin(candidates, distances, near + 1, far)));
  }

  #compareSketches({ slots, count, from }: Candidates): SketchDistances {
    const { sketches, coder } = this.#space;
    const swept = from && count * SWEEP_GAIN > from.whole.count ? from : undefined;
    const list = swept?.whole ?? { slots, count };
    const histogram = new Uint32Array(coder.dimensions + 1);
    const bits = sketches.distances(this.#code.sketch, list.slots, list.count, histogram);
    return swept ? distancesAt(swept.places, count, bits, histogram) : { bits, histogram };
  }

  #score({ slots, count }: Candidates): Scored {
    const products = new Int32Array(count);
    this.#space.codes.products(this.#code.codes, slots, count, products);
    const { scales, norms } = this.#space.slots;
    const scores = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number; // i < count
      const product = (products[i] ?? 0) * (scales[slot] ?? 0) * this.#code.scale;
      scores[i] = this.#measure.score(product, norms[slot] ?? 0);
    }
    return { slots, scores, count };
  }

  /** Those that may be among the k best, given what the codes leave open. */
  #contenders(scored: Scored): number[] {
    const { k } = this.#query;
    const kth = kthBest(scored, k, this.#groups);
    const { norms } = this.#space.slots;
    const error = this.#codeError();
    const passes = (slot: number, score: number) =>
      score + error * this.#measure.weight(norms[slot] ?? 0) >= kth;
    const groups = this.#groups && { of: this.#groups, most: FRAMES_PER_INPUT };
    return takeBest(scored, passes, (groups ? FRAMES_PER_INPUT : 1) * k + 256, groups);
  }

  /** Step 4. */
  #rank(contenders: readonly number[]): VectorHit[] {
    const { slots } = this.#space;
    const vector = new Float32Array(this.#space.coder.dimensions);
    const sign = isAscending(this.#metric) ? 1 : -1;
    const ranked = contenders.map((slot) => {
      this.#space.read(slot, vector);
      return { slot, score: exactValue(this.#metric, this.#query.vector, vector) };
    });
    ranked.sort((a, b) => sign * (a.score - b.score) || a.slot - b.slot);
    const best = this.#groups ? firstOfEach(ranked, this.#groups) : ranked;
    return best
      .slice(0, this.#query.k)
      .map(({ slot, score }) => ({ key: slots.key(slot), input: slots.input(slot), score }));
  }

  /**
   * How far two cosines from codes may err against each other: six standard deviations. A code is off by up to
   * half a step in every dimension, and a rotated vector's largest value is about 4.5 times its typical one.
   */
  #codeError(): number {
    return (6 * 4.5) / (127 * Math.sqrt(12 * this.#space.coder.dimensions));
  }
}

/** The smallest number of bits within which `wanted` slots lie. */
function binReaching(histogram: Uint32Array, wanted: number): number {
  let total = 0;
  for (let bin = 0; bin < histogram.length; bin++) {
    total += histogram[bin] ?? 0;
    if (total >= wanted) return bin;
  }
  return histogram.length - 1;
}

/** The most bits that a vector at this cosine or nearer may plausibly differ in. */
function farthestBin(cosine: number, dimensions: number): number {
  if (!Number.isFinite(cosine)) return dimensions;
  const share = Math.acos(Math.max(-1, Math.min(1, cosine))) / Math.PI;
  const deviation = Math.sqrt(dimensions * share * (1 - share));
  return Math.min(dimensions, Math.ceil(dimensions * share + CERTAINTY * deviation) + 1);
}

/** The part of a longer list's distances that belongs to the candidates at these places. */
function distancesAt(
  places: Uint32Array,
  count: number,
  all: Uint16Array,
  histogram: Uint32Array,
): SketchDistances {
  const bits = new Uint16Array(count);
  histogram.fill(0);
  for (let i = 0; i < count; i++) {
    const value = all[places[i] as number] as number; // places lie in the longer list
    bits[i] = value;
    histogram[value] = (histogram[value] as number) + 1;
  }
  return { bits, histogram };
}

function slotsWithin(
  { slots, count }: Candidates,
  { bits, histogram }: SketchDistances,
  from: number,
  to: number,
): Candidates {
  const expected = histogram.subarray(from, to + 1).reduce((sum, bin) => sum + bin, 0);
  const kept = new Uint32Array(expected + 1);
  let size = 0;
  for (let i = 0; i < count; i++) {
    const value = bits[i] as number; // i < count
    kept[size] = slots[i] as number;
    size += Number(value >= from && value <= to);
  }
  return { slots: kept, count: size };
}

function firstOfEach<T extends { slot: number }>(ranked: readonly T[], groupOf: Uint32Array): T[] {
  const seen = new Set<number>();
  return ranked.filter(({ slot }) => {
    const group = groupOf[slot] ?? 0;
    return !seen.has(group) && seen.add(group);
  });
}
