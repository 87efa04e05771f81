/** The few pieces of the WebAssembly binary format that the kernels need, each as the bytes it stands for. */
export type Code = readonly number[];

export const I32 = 0x7f;
export const I64 = 0x7e;
export const V128 = 0x7b;

export interface Func {
  readonly name: string;
  readonly params: readonly number[];
  /** Runs of locals of one type: [count, type]. */
  readonly locals: readonly (readonly [number, number])[];
  readonly body: Code;
}

export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest ? low | 0x80 : low);
  } while (rest);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const int = (value: number): Code => [0x41, ...signed(value)];
export const long = (value: number): Code => [0x42, ...signed(value)];
export const add: Code = [0x6a];
export const subtract: Code = [0x6b];
export const multiply: Code = [0x6c];
export const less: Code = [0x49];
export const shiftLeft: Code = [0x74];

const memory =
  (opcode: Code, align: number) =>
  (offset = 0): Code => [...opcode, align, ...unsigned(offset)];
export const load32 = memory([0x28], 2);
export const store32 = memory([0x36], 2);
export const store16 = memory([0x3b], 1);
export const load64 = memory([0x29], 3);
export const xor64: Code = [0x85];
export const popcount64: Code = [0x7b];
export const add64: Code = [0x7c];
export const wrap64: Code = [0xa7];

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
export const loadVector = memory(simd(0x00), 4);
/** Reads eight int8 and widens them to int16. */
export const loadWiden8 = memory(simd(0x01), 3);
export const zeroVector: Code = [...simd(0x0c), ...new Array<number>(16).fill(0)];
/** Multiplies eight pairs of int16 and adds neighbours to four int32. */
export const dot16: Code = simd(0xba);
export const addVector32: Code = simd(0xae);
export const lane32 = (lane: number): Code => [...simd(0x1b), lane];

/** `body` again and again until `count` (a local, lowered by `step` each time) is 0. */
export function countDown(count: number, step: number, body: Code): Code {
  const leave = [...get(count), 0x45, 0x0d, 1];
  const lower = [...get(count), ...int(step), ...subtract, ...set(count), 0x0c, 0];
  return [0x02, 0x40, 0x03, 0x40, ...leave, ...body, ...lower, 0x0b, 0x0b];
}

/** `body` at least once, and again while `condition` leaves something other than 0. */
export function repeatWhile(body: Code, condition: Code): Code {
  return [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b];
}

export const advance = (local: number, by: number): Code => [
  ...get(local),
  ...int(by),
  ...add,
  ...set(local),
];

const section = (id: number, bytes: Code): Code => [id, ...unsigned(bytes.length), ...bytes];
const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const text = (value: string): Code => [...unsigned(value.length), ...Buffer.from(value)];

function functionBody(func: Func): Code {
  const bytes = [
    ...list(func.locals.map(([count, type]) => [...unsigned(count), type])),
    ...func.body,
    0x0b,
  ];
  return [...unsigned(bytes.length), ...bytes];
}

/** A module that imports its memory as `host.memory` and exports every function. */
export function assemble(funcs: readonly Func[], maxPages: number): Uint8Array<ArrayBuffer> {
  const memoryImport = [...text('host'), ...text('memory'), 2, 1, 1, ...unsigned(maxPages)];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(funcs.map((f) => [0x60, ...list(f.params.map((p) => [p])), 0]))),
    ...section(2, list([memoryImport])),
    ...section(3, list(funcs.map((_, i) => unsigned(i)))),
    ...section(7, list(funcs.map((f, i) => [...text(f.name), 0, ...unsigned(i)]))),
    ...section(10, list(funcs.map(functionBody))),
  ]);
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export type WasmModule = object;

/** What we use of the global, which the compiler's library leaves to the one for browsers. */
interface WasmHost {
  readonly Memory: new (size: { initial: number; maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: { host: { memory: WasmMemory } },
  ) => { readonly exports: unknown };
}

const host = (): WasmHost => (globalThis as unknown as { WebAssembly: WasmHost }).WebAssembly;

export function createMemory(initial: number, maximum: number): WasmMemory {
  const { Memory } = host();
  return new Memory({ initial, maximum });
}

export function compile(bytes: Uint8Array): WasmModule {
  const { Module } = host();
  return new Module(bytes);
}

export function instantiate(module: WasmModule, memory: WasmMemory): unknown {
  const { Instance } = host();
  return new Instance(module, { host: { memory } }).exports;
}
