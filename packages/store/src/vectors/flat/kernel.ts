/**
 * The two inner loops of the scan, as WebAssembly: the reach of plain JavaScript ends at about one multiplication
 * a clock, SIMD does sixteen. The code is emitted here rather than compiled elsewhere, so the package needs no
 * toolchain and each vector length gets loops unrolled for it.
 */
import {
  add,
  add64,
  addVector32,
  advance,
  assemble,
  type Code,
  compile,
  countDown,
  dot16,
  type Func,
  get,
  I32,
  I64,
  instantiate,
  int,
  lane32,
  less,
  load32,
  load64,
  loadVector,
  loadWiden8,
  long,
  multiply,
  popcount64,
  repeatWhile,
  set,
  shiftLeft,
  store16,
  store32,
  V128,
  type WasmMemory,
  type WasmModule,
  wrap64,
  xor64,
  zeroVector,
} from './wasm.ts';

/** Codes are padded to this many dimensions, so that sketches are whole 64-bit words. */
export const LANE = 64;

export const PAGE = 65_536;
export const MAX_PAGES = 65_536;

/** The kernels of a memory of codes: one product per listed slot. Both want whole groups: `count % WIDE === 0`. */
export interface CodeKernel {
  /** For lists without gaps: one row at a time, a single stream that the hardware prefetches (70 ns a row). */
  dense(list: number, count: number, base: number, query: number, out: number): void;
  /** For lists with gaps: four rows at a time, so that their cache misses overlap (260 ns against 360 ns). */
  sparse(list: number, count: number, base: number, query: number, out: number): void;
}

export interface SketchKernel {
  /** out16[i] = bits in which the sketch of slot list[i] differs from the query's; histogram32[out16[i]] += 1. */
  hamming(
    list: number,
    count: number,
    base: number,
    query: number,
    out16: number,
    histogram32: number,
  ): void;
}

export const WIDE = 4;

/** `stride` is the padded number of dimensions, a multiple of `LANE`. */
export function codeKernel(stride: number, memory: WasmMemory): CodeKernel {
  const funcs = () => [products('dense', stride, 1), products('sparse', stride, WIDE)];
  return link(`codes${stride}`, funcs, memory) as CodeKernel; // named by `funcs`
}

export function sketchKernel(stride: number, memory: WasmMemory): SketchKernel {
  const funcs = () => [hamming(stride / LANE)];
  return link(`sketches${stride}`, funcs, memory) as SketchKernel; // named by `funcs`
}

const compiled = new Map<string, WasmModule>();

function link(id: string, funcs: () => Func[], memory: WasmMemory): unknown {
  const module = compiled.get(id) ?? compile(assemble(funcs(), MAX_PAGES));
  compiled.set(id, module);
  return instantiate(module, memory);
}

const [LIST, COUNT, BASE, QUERY, OUT, HISTOGRAM] = [0, 1, 2, 3, 4, 5];

function products(name: keyof CodeKernel, stride: number, width: number): Func {
  const rows = Array.from({ length: width }, (_, i) => i);
  const [query, end, queryLanes] = [5, 6, 7 + width];
  const row = (i: number) => 7 + i;
  const sum = (i: number) => 8 + width + i;
  const group = (at: number): Code => [
    ...[...get(query), ...loadVector(at * 2), ...set(queryLanes)],
    ...rows.flatMap((i) => [
      ...[...get(row(i)), ...loadWiden8(at), ...get(queryLanes), ...dot16],
      ...[...get(sum(i)), ...addVector32, ...set(sum(i))],
    ]),
  ];
  const groups = Array.from({ length: LANE / 8 }, (_, i) => group(i * 8)).flat();
  const step = [...rows.flatMap((i) => advance(row(i), LANE)), ...advance(query, 2 * LANE)];
  const turn = [
    ...rows.flatMap((i) => [...slotAddress(4 * i, stride), ...set(row(i))]),
    ...rows.flatMap((i) => [...zeroVector, ...set(sum(i))]),
    ...[...get(QUERY), ...set(query), ...get(row(0)), ...int(stride), ...add, ...set(end)],
    ...repeatWhile([...groups, ...step], [...get(row(0)), ...get(end), ...less]),
    ...rows.flatMap((i) => [...get(OUT), ...sumLanes(sum(i)), ...store32(4 * i)]),
    ...[...advance(LIST, 4 * width), ...advance(OUT, 4 * width)],
  ];
  return {
    name,
    params: [I32, I32, I32, I32, I32],
    locals: [
      [2 + width, I32],
      [1 + width, V128],
    ],
    body: countDown(COUNT, width, turn),
  };
}

/** Fully unrolled: the whole sketch of a 1,280-dimensional vector is twenty words. */
function hamming(words: number): Func {
  const [address, bin, bits] = [6, 7, 8];
  const word = (at: number): Code => [
    ...[...get(address), ...load64(at), ...get(QUERY), ...load64(at), ...xor64, ...popcount64],
    ...[...get(bits), ...add64, ...set(bits)],
  ];
  const one = [
    ...[...slotAddress(0, words * 8), ...set(address), ...long(0), ...set(bits)],
    ...Array.from({ length: words }, (_, i) => word(i * 8)).flat(),
    ...[...get(OUT), ...get(bits), ...wrap64, ...store16(0)],
    ...[...get(HISTOGRAM), ...get(bits), ...wrap64, ...int(2), ...shiftLeft, ...add, ...set(bin)],
    ...[...get(bin), ...get(bin), ...load32(0), ...int(1), ...add, ...store32(0)],
    ...[...advance(LIST, 4), ...advance(OUT, 2)],
  ];
  return {
    name: 'hamming',
    params: [I32, I32, I32, I32, I32, I32],
    locals: [
      [2, I32],
      [1, I64],
    ],
    body: countDown(COUNT, 1, one),
  };
}

const slotAddress = (listOffset: number, stride: number): Code => [
  ...[...get(LIST), ...load32(listOffset), ...int(stride), ...multiply],
  ...[...get(BASE), ...add],
];

const sumLanes = (vector: number): Code => [
  ...[...get(vector), ...lane32(0), ...get(vector), ...lane32(1), ...add],
  ...[...get(vector), ...lane32(2), ...add, ...get(vector), ...lane32(3), ...add],
];
