// New messages, by code compiled from their descriptors: the same objects as the library's `create` makes, without a walk
// over all fields of a type for the few that are given.
import {
  create as createByLibrary,
  type DescField,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  ScalarType,
} from '@bufbuild/protobuf';
import { isPlain, isStruct, isWrapped, zeroMessage } from './compile.ts';

type Make = (init: object | undefined) => object;

const compiled = new WeakMap<DescMessage, Make>();

/** A message of the type; what `init` is of it already is taken over. */
export function create<D extends DescMessage>(
  desc: D,
  init?: MessageInitShape<D>,
): MessageShape<D> {
  // The maker of a type makes messages of that type.
  return makerOf(desc)(init as object | undefined) as MessageShape<D>;
}

function makerOf(desc: DescMessage): Make {
  let make = compiled.get(desc);
  if (!make) {
    make = isPlain(desc) ? compile(desc) : (init) => createByLibrary(desc, init as never);
    compiled.set(desc, make);
  }
  return make;
}

/** Arrays of numbers are taken for bytes. */
const bytesOf = (value: unknown): unknown => (Array.isArray(value) ? new Uint8Array(value) : value);

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function compile(desc: DescMessage): Make {
  const types = [...new Set(desc.fields.flatMap(({ message }) => message ?? []))];
  // Looked up when first used: types refer to each other in circles.
  const makers = types.map((type) => () => makerOf(type));
  const helpers = types.map(
    (_, i) => `let f${i}; const make${i} = (v) => isObject(v) ? (f${i} ??= makers[${i}]())(v) : v;`,
  );
  const convert = (field: DescField, value: string) => converted(field, types, value);
  const cases = desc.members.map((member) => {
    const name = JSON.stringify(member.localName);
    if (member.kind === 'field')
      return `case ${name}: m[${name}] = ${convert(member, 'v')}; break;`;
    const choices = member.fields.map((field) => {
      const chosen = JSON.stringify(field.localName);
      return `case ${chosen}: m[${name}] = { case: ${chosen}, value: ${convert(field, 'v.value')} }; break;`;
    });
    return `case ${name}: switch (v.case) { ${choices.join(' ')} } break;`;
  });
  const text = `
    const [makers, isObject, bytesOf] = outside;
    ${helpers.join(' ')}
    return (init) => {
      if (init?.$typeName === ${JSON.stringify(desc.typeName)}) return init;
      const m = ${zeroMessage(desc)};
      for (const name in init) {
        const v = init[name];
        if (v === undefined || v === null) continue;
        switch (name) { ${cases.join('\n')} }
      }
      return m;
    };`;
  // Built from descriptors alone, which are part of this program.
  return new Function('outside', text)([makers, isObject, bytesOf]) as Make;
}

function converted(field: DescField, types: readonly DescMessage[], value: string): string {
  const one = (item: string) => convertedOne(field, types, item);
  if (one('i') === 'i') return value;
  if (field.fieldKind === 'list')
    return `Array.isArray(${value}) ? ${value}.map((i) => ${one('i')}) : ${value}`;
  if (field.fieldKind === 'map')
    return `isObject(${value}) ? Object.fromEntries(Object.entries(${value}).map(([k, i]) => [k, ${one('i')}])) : ${value}`;
  return one(value);
}

function convertedOne(field: DescField, types: readonly DescMessage[], value: string): string {
  const inner = isWrapped(field) ? (field.message?.fields[0] as DescField) : field;
  if (!inner.message)
    return 'scalar' in inner && inner.scalar === ScalarType.BYTES ? `bytesOf(${value})` : value;
  return isStruct(field) ? value : `make${types.indexOf(inner.message)}(${value})`;
}
