import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence, isWrapperDesc } from '@bufbuild/protobuf/wkt';
import {
  type Encode,
  encodeRawJson,
  encodeString,
  enumEncoder,
  scalarEncoder,
  wellKnownEncoder,
  wrappedType,
} from './encode-values.ts';
import { isShownIfEmpty } from './options.ts';

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
