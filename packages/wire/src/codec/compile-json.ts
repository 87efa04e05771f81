// Readers of messages from JSON that this program wrote itself, compiled from their descriptors: the same objects as the
// library's own, several times as fast.
import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from '@bufbuild/protobuf';
import { base64Decode } from '@bufbuild/protobuf/wire';
import { isPlain, isStruct, isWrapped, scalarOf, zeroMessage } from './compile.ts';

type ReadJson = (json: JsonValue) => object;

const compiled = new WeakMap<DescMessage, ReadJson>();

export function jsonReaderOf(desc: DescMessage): ReadJson {
  let reader = compiled.get(desc);
  if (!reader) {
    reader = isPlain(desc) && isOrdinary(desc) ? compile(desc) : byLibrary(desc);
    compiled.set(desc, reader);
  }
  return reader;
}

/** Well-known types have a JSON of their own, and where one is a field null may be a value. */
function isOrdinary({ typeName, fields }: DescMessage): boolean {
  return (
    !isWellKnown(typeName) &&
    fields.every(
      ({ message, enum: values }) =>
        message?.typeName !== 'google.protobuf.Value' &&
        values?.typeName !== 'google.protobuf.NullValue',
    )
  );
}

const isWellKnown = (typeName: string): boolean => typeName.startsWith('google.protobuf.');

function byLibrary(desc: DescMessage): ReadJson {
  return (json) => fromJson(desc, json, { ignoreUnknownFields: true });
}

/** What compiled texts call. Each throws for what our writer would not have written. */
const convert = {
  text: (json: JsonValue): string => (typeof json === 'string' ? json : refuse(json)),
  flag: (json: JsonValue): boolean => (typeof json === 'boolean' ? json : refuse(json)),
  bytes: (json: JsonValue): Uint8Array => base64Decode(convert.text(json)),
  number: (json: JsonValue): number => {
    if (typeof json === 'number') return json;
    // JSON has no other way to say these.
    if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') return Number(json);
    return refuse(json);
  },
  long: (json: JsonValue): bigint =>
    typeof json === 'string' || typeof json === 'number' ? BigInt(json) : refuse(json),
  object: (json: JsonValue): JsonObject =>
    typeof json === 'object' && json !== null && !Array.isArray(json) ? json : refuse(json),
  list: (json: JsonValue): JsonValue[] => (Array.isArray(json) ? json : refuse(json)),
};

function refuse(json: JsonValue): never {
  throw new TypeError(
    `a stored message holds ${JSON.stringify(json).slice(0, 80)}, of another type`,
  );
}

function converterOf(scalar: ScalarType): keyof typeof convert {
  switch (scalar) {
    case ScalarType.STRING:
      return 'text';
    case ScalarType.BOOL:
      return 'flag';
    case ScalarType.BYTES:
      return 'bytes';
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
    case ScalarType.SINT64:
      return 'long';
    default:
      return 'number';
  }
}

function compile(desc: DescMessage): ReadJson {
  const types = [...new Set(desc.fields.flatMap(({ message }) => message ?? []))];
  // Looked up when first used: types refer to each other in circles.
  const readers = types.map((type) => () => jsonReaderOf(type));
  const helpers = types.map(
    (_, i) => `let f${i}; const read${i} = (j) => (f${i} ??= readers[${i}]())(j);`,
  );
  const cases = desc.fields.map((field) => {
    const names = new Set([field.name, field.jsonName]);
    const labels = [...names].map((name) => `case ${JSON.stringify(name)}:`);
    return `${labels.join(' ')} ${assign(field, types)} break;`;
  });
  const text = `
    const [readers, to] = outside;
    ${helpers.join(' ')}
    return (json) => {
      const m = ${zeroMessage(desc)};
      const o = to.object(json);
      for (const name in o) {
        const v = o[name];
        if (v === null) continue;
        switch (name) { ${cases.join('\n')} }
      }
      return m;
    };`;
  // Built from descriptors alone, which are part of this program.
  return new Function('outside', text)([readers, convert]) as ReadJson;
}

function assign(field: DescField, types: readonly DescMessage[]): string {
  const at = `m[${JSON.stringify(field.localName)}]`;
  const read = (value: string): string => readOf(field, types, value);
  if (field.fieldKind === 'list') return `for (const i of to.list(v)) ${at}.push(${read('i')});`;
  if (field.fieldKind === 'map')
    return `{ const from = to.object(v); for (const k in from) ${at}[k] = ${read('from[k]')}; }`;
  if (!field.oneof) return `${at} = ${read('v')};`;
  const group = `m[${JSON.stringify(field.oneof.localName)}]`;
  return `${group} = { case: ${JSON.stringify(field.localName)}, value: ${read('v')} };`;
}

function readOf(field: DescField, types: readonly DescMessage[], value: string): string {
  if (!field.message) return `to.${converterOf(scalarOf(field))}(${value})`;
  if (isStruct(field)) return `to.object(${value})`;
  if (isWrapped(field))
    return `to.${converterOf(scalarOf(field.message.fields[0] as DescField))}(${value})`;
  return `read${types.indexOf(field.message)}(${value})`;
}
