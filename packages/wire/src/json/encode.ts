import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonValue,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf';
import type { ListValue, Struct, Value } from '@bufbuild/protobuf/wkt';
import { FeatureSet_FieldPresence, isWrapperDesc } from '@bufbuild/protobuf/wkt';
import { formatFloat32, formatFloat64 } from './float32.ts';
import { isShownIfEmpty } from './options.ts';
import { formatDuration, formatTimestamp, type Instant } from './time.ts';

/**
 * The JSON of the REST API: proto3 JSON with field names as declared, status codes as numbers,
 * fields marked `cl_show_if_empty` always present, and floats as short as they can be.
 *
 * 64-bit integers are strings, as in proto3 JSON: the official clients read both forms, and hashes
 * and sizes would lose digits as numbers in JavaScript.
 */
export function encodeJson(desc: DescMessage, message: Message): string {
  return encoderOf(desc)(message);
}

type Encode = (value: unknown) => string;
/** A message seen as what every generated message is: values by local name. */
type Fields = Readonly<Record<string, unknown>>;

interface FieldEncoder {
  /** Where the value stands: the local name of the field or of its oneof. */
  readonly slot: string;
  /** Left out when zero; the encoder need not be asked. */
  readonly dropsZero: boolean;
  /** Empty where the field is left out. */
  readonly encode: Encode;
  readonly first: string;
  readonly next: string;
}

const encoders = new WeakMap<DescMessage, Encode>();

function encoderOf(desc: DescMessage): Encode {
  const known = encoders.get(desc);
  if (known) return known;
  const encode = wellKnownEncoder(desc) ?? compile(desc);
  encoders.set(desc, encode);
  return encode;
}

function compile(desc: DescMessage): Encode {
  // Filled on first use, so that messages may contain themselves.
  let fields: readonly FieldEncoder[] | undefined;
  return (value) => {
    fields ??= desc.fields.map(compileField);
    // Generated messages are plain objects; the caller's descriptor says which one this is.
    const message = value as Fields;
    let out = '{';
    for (const field of fields) {
      const value = message[field.slot];
      if (value === undefined || (field.dropsZero && isZero(value))) continue;
      const text = field.encode(value);
      if (text !== '') out += (out.length === 1 ? field.first : field.next) + text;
    }
    return `${out}}`;
  };
}

function compileField(field: DescField): FieldEncoder {
  const first = `"${field.name}":`;
  const isSingle = field.fieldKind === 'scalar' || field.fieldKind === 'enum';
  const isImplicit = field.presence === FeatureSet_FieldPresence.IMPLICIT;
  return {
    slot: (field.oneof ?? field).localName,
    dropsZero: isSingle && isImplicit && !isShownIfEmpty(field),
    encode: slotEncoder(field),
    first,
    next: `,${first}`,
  };
}

function slotEncoder(field: DescField): Encode {
  const encode = valueEncoder(field);
  const show = isShownIfEmpty(field);
  if (field.oneof) {
    const name = field.localName;
    return (value) => {
      // The shape of a oneof is protobuf-es' own.
      const member = value as { case?: string; value?: unknown };
      return member.case === name ? encode(member.value) : '';
    };
  }
  switch (field.fieldKind) {
    case 'list':
      return (value) => encodeList(value as readonly unknown[], encode, show);
    case 'map':
      return (value) => encodeMap(value as Fields, encode, show);
    case 'message':
    case 'enum':
    case 'scalar':
      return encode;
    default:
      return field satisfies never;
  }
}

function isZero(value: unknown): boolean {
  if (value === '' || value === 0 || value === false || value === 0n) return true;
  return value instanceof Uint8Array && value.length === 0;
}

function encodeList(list: readonly unknown[], encode: Encode, show: boolean): string {
  if (list.length === 0) return show ? '[]' : '';
  let out = `[${encode(list[0])}`;
  for (let i = 1; i < list.length; i++) out += `,${encode(list[i])}`;
  return `${out}]`;
}

function encodeMap(map: Fields, encode: Encode, show: boolean): string {
  let out = '{';
  for (const key of Object.keys(map)) {
    out += `${out.length === 1 ? '' : ','}${encodeString(key)}:${encode(map[key])}`;
  }
  return out.length === 1 && !show ? '' : `${out}}`;
}

function valueEncoder(field: DescField): Encode {
  if (field.message) {
    const desc = field.message;
    // As fields, these two are held as what they stand for: a JSON object and a bare scalar.
    if (desc.typeName === 'google.protobuf.Struct') return encodeRawJson;
    const isBare = field.fieldKind === 'message' && !field.oneof && isWrapperDesc(desc);
    if (isBare) return scalarEncoder(wrappedType(desc));
    return encoderOf(desc);
  }
  if (field.enum) return isStatusCode(field) ? String : enumEncoder(field.enum);
  if (field.scalar === undefined) throw new Error(`${field}: a field of no type`);
  return scalarEncoder(field.scalar);
}

/** The one enum that the REST API shows as a number. */
function isStatusCode(field: DescField): boolean {
  return field.parent.typeName === 'clarifai.api.status.Status' && field.name === 'code';
}

function enumEncoder(desc: DescEnum): Encode {
  const names = new Map<unknown, string>();
  for (const value of desc.values) {
    // Of two names for one number the first declared is the name.
    if (!names.has(value.number)) names.set(value.number, `"${value.name}"`);
  }
  return (value) => names.get(value) ?? String(value);
}

function scalarEncoder(type: ScalarType): Encode {
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
function encodeString(text: string): string {
  return text.length < 100 && !ESCAPED.test(text) ? `"${text}"` : JSON.stringify(text);
}

function encodeBytes(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}"`;
}

/** Struct values are JSON already; NaN and the infinities become null, as in any JSON writer. */
function encodeRawJson(value: unknown): string {
  return JSON.stringify(value);
}

function wrappedType(desc: DescMessage): ScalarType {
  const type = desc.fields[0]?.scalar;
  if (type === undefined) throw new Error(`${desc.typeName} wraps no scalar`);
  return type;
}

/** What proto3 JSON writes unlike other messages. Any and FieldMask are nowhere in the API. */
function wellKnownEncoder(desc: DescMessage): Encode | undefined {
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
