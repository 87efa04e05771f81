import { type DescEnum, ScalarType } from '@bufbuild/protobuf';
import type { JsonPath } from './fault.ts';

/** Turns one JSON value into the form that a message holds, or throws the path's fault. */
export type Decode = (json: unknown, path: JsonPath) => unknown;

const FLOAT_WORDS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const INTEGER = /^-?\d{1,20}$/;

export function scalarDecoder(type: ScalarType): Decode {
  switch (type) {
    case ScalarType.STRING:
      return decodeString;
    case ScalarType.BOOL:
      return decodeBool;
    case ScalarType.BYTES:
      return decodeBytes;
    case ScalarType.FLOAT:
      return decodeFloat;
    case ScalarType.DOUBLE:
      return decodeDouble;
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return (json, path) => decodeInt32(json, path, -0x8000_0000, 0x7fff_ffff);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return (json, path) => decodeInt32(json, path, 0, 0xffff_ffff);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return (json, path) => decodeInt64(json, path, -(2n ** 63n), 2n ** 63n - 1n);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return (json, path) => decodeInt64(json, path, 0n, 2n ** 64n - 1n);
    default:
      return type satisfies never;
  }
}

/** By name or by number; a number may be one that this build does not know. */
export function enumDecoder(desc: DescEnum): Decode {
  const numbers = new Map<string, number>(desc.values.map((value) => [value.name, value.number]));
  return (json, path) => {
    const known = typeof json === 'string' ? numbers.get(json) : undefined;
    if (known !== undefined) return known;
    if (typeof json === 'number' || (typeof json === 'string' && INTEGER.test(json))) {
      return decodeInt32(json, path, -0x8000_0000, 0x7fff_ffff);
    }
    throw path.expected(`a name of ${desc.name}`, json);
  };
}

function decodeString(json: unknown, path: JsonPath): string {
  if (typeof json !== 'string') throw path.expected('a string', json);
  return json;
}

function decodeBool(json: unknown, path: JsonPath): boolean {
  if (typeof json !== 'boolean') throw path.expected('true or false', json);
  return json;
}

function decodeDouble(json: unknown, path: JsonPath): number {
  if (typeof json === 'number') return json;
  const word = FLOAT_WORDS.get(json);
  if (word !== undefined) return word;
  if (typeof json === 'string' && NUMBER.test(json)) return Number(json);
  throw path.expected('a number', json);
}

/** Rounded here, so that a value is the same one whether it came as JSON or over gRPC. */
function decodeFloat(json: unknown, path: JsonPath): number {
  const double = decodeDouble(json, path);
  const single = Math.fround(double);
  if (Number.isFinite(double) && !Number.isFinite(single)) {
    throw path.expected('a number within the range of a 32-bit float', json);
  }
  return single;
}

function decodeInt32(json: unknown, path: JsonPath, min: number, max: number): number {
  const isText = typeof json === 'string' && NUMBER.test(json);
  const value = isText ? Number(json) : json;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw path.expected(`a whole number from ${min} to ${max}`, json);
  }
  return value || 0;
}

function decodeInt64(json: unknown, path: JsonPath, min: bigint, max: bigint): bigint {
  const value = readInt64(json);
  if (value === undefined || value < min || value > max) {
    throw path.expected(`a whole number from ${min} to ${max}`, json);
  }
  return value;
}

function readInt64(json: unknown): bigint | undefined {
  if (typeof json === 'string' && INTEGER.test(json)) return BigInt(json);
  const isText = typeof json === 'string' && NUMBER.test(json);
  const value = isText ? Number(json) : json;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined;
}

function decodeBytes(json: unknown, path: JsonPath): Uint8Array {
  if (typeof json !== 'string') throw path.expected('base64', json);
  const bytes = readBase64(json) ?? readBase64(json.replaceAll(/\s/g, ''));
  if (!bytes) throw path.fault('not base64');
  return bytes;
}

/**
 * Standard and URL-safe, padded or not. Node skips what it can't read, so a short result is how a
 * wrong character shows; that is far cheaper than a look at every character of an image.
 */
function readBase64(text: string): Uint8Array | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padding;
  if (digits % 4 === 1 || (padding > 0 && text.length % 4 !== 0)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== Math.floor((digits * 3) / 4)) return undefined;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
