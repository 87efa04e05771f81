import { type DescEnum, type DescMessage, type JsonValue, ScalarType } from '@bufbuild/protobuf';
import type { ListValue, Struct, Value } from '@bufbuild/protobuf/wkt';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';
import { formatFloat32, formatFloat64 } from './float32.ts';
import { formatDuration, formatTimestamp, type Instant } from './time.ts';

/** The JSON text of one value, held as the compiled field says it is. */
export type Encode = (value: unknown) => string;

export function enumEncoder(desc: DescEnum): Encode {
  const names = new Map<unknown, string>();
  for (const value of desc.values) {
    // Of two names for one number the first declared is the name.
    if (!names.has(value.number)) names.set(value.number, `"${value.name}"`);
  }
  return (value) => names.get(value) ?? String(value);
}

export function scalarEncoder(type: ScalarType): Encode {
  switch (type) {
    case ScalarType.STRING:
      return (value) => encodeString(value as string);
    case ScalarType.FLOAT:
      return (value) => formatFloat32(value as number);
    case ScalarType.DOUBLE:
      return (value) => formatFloat64(value as number);
    case ScalarType.BYTES:
      return (value) => encodeBytes(value as Uint8Array);
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return (value) => `"${value}"`;
    case ScalarType.BOOL:
    case ScalarType.INT32:
    case ScalarType.UINT32:
    case ScalarType.SINT32:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return String;
    default:
      return type satisfies never;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON escapes.
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Most strings are short and plain, where a look is cheaper than a native call. */
export function encodeString(text: string): string {
  return text.length < 100 && !ESCAPED.test(text) ? `"${text}"` : JSON.stringify(text);
}

function encodeBytes(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}"`;
}

/** Struct values are JSON already; NaN and the infinities become null, as in any JSON writer. */
export function encodeRawJson(value: unknown): string {
  return JSON.stringify(value);
}

export function wrappedType(desc: DescMessage): ScalarType {
  const type = desc.fields[0]?.scalar;
  if (type === undefined) throw new Error(`${desc.typeName} wraps no scalar`);
  return type;
}

/** What proto3 JSON writes unlike other messages. Any and FieldMask are nowhere in the API. */
export function wellKnownEncoder(desc: DescMessage): Encode | undefined {
  if (!desc.typeName.startsWith('google.protobuf.')) return undefined;
  if (isWrapperDesc(desc)) {
    const encode = scalarEncoder(wrappedType(desc));
    return (value) => encode((value as { value: unknown }).value);
  }
  switch (desc.typeName) {
    case 'google.protobuf.Timestamp':
      return (value) => quote(formatTimestamp(value as Instant));
    case 'google.protobuf.Duration':
      return (value) => quote(formatDuration(value as Instant));
    case 'google.protobuf.Value':
      return (value) => encodeRawJson(readValue(value as Value));
    case 'google.protobuf.ListValue':
      return (value) => encodeRawJson((value as ListValue).values.map(readValue));
    case 'google.protobuf.Struct':
      return (value) => encodeRawJson(readStruct(value as Struct));
    default:
      throw new Error(`no JSON form for ${desc.typeName}`);
  }
}

/** Null is what readers take for absent; a client's odd number must not make a list unreadable. */
function quote(text: string | undefined): string {
  return text === undefined ? 'null' : `"${text}"`;
}

/** Unlike toJson it survives a value of no kind and numbers that JSON can't say. */
function readValue(value: Value): JsonValue {
  switch (value.kind.case) {
    case 'structValue':
      return readStruct(value.kind.value);
    case 'listValue':
      return value.kind.value.values.map(readValue);
    case 'numberValue':
    case 'stringValue':
    case 'boolValue':
      return value.kind.value;
    case 'nullValue':
    case undefined:
      return null;
    default:
      return value.kind satisfies never;
  }
}

function readStruct(struct: Struct): JsonValue {
  return Object.fromEntries(
    Object.entries(struct.fields).map(([key, value]) => [key, readValue(value)]),
  );
}
