import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type DescriptorProtoSchema,
  type EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  FieldOptionsSchema,
  type FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  type MethodDescriptorProtoSchema,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import { mergeOverlay } from '../overlay/merge.mjs';

type MessageInit = MessageInitShape<typeof DescriptorProtoSchema>;
type EnumInit = MessageInitShape<typeof EnumDescriptorProtoSchema>;
interface Reserved {
  readonly reservedRange?: { start: number; end: number }[];
  readonly reservedName?: string[];
}
type FileInit = MessageInitShape<typeof FileDescriptorProtoSchema>;

const field = (name: string, number: number, type = Type.STRING) => ({
  name,
  number,
  type,
  label: Label.OPTIONAL,
});
const reference = (name: string, number: number, typeName: string) => ({
  ...field(name, number, Type.MESSAGE),
  typeName,
});
const values = (...names: [string, number][]) => names.map(([name, number]) => ({ name, number }));
const dog: MessageInit = { name: 'Dog', field: [field('name', 1)] };
const kind: EnumInit = { name: 'Kind', value: values(['UNKNOWN', 0], ['PUPPY', 1]) };
const upstream: FileInit = {
  name: 'proto/clarifai/api/dogs.proto',
  package: 'clarifai.api',
  messageType: [dog, { name: 'Empty' }],
  enumType: [kind],
  service: [
    {
      name: 'V2',
      method: [{ name: 'Get', inputType: '.clarifai.api.Empty', outputType: '.clarifai.api.Dog' }],
    },
  ],
};

function merge(overlay: FileInit, base: FileInit = upstream) {
  const ours = { name: 'limpid/overlay/api/dogs.proto', package: 'limpid.overlay.api', ...overlay };
  return mergeOverlay(
    create(FileDescriptorSetSchema, { file: [base] }),
    create(FileDescriptorSetSchema, { file: [ours] }),
  );
}

const addTo = (message: MessageInit) => merge({ messageType: [{ name: 'Dog', ...message }] });
const extend = (type: EnumInit) => merge({ enumType: [{ name: 'Kind', ...type }] });

const option = (no: number, ...data: number[]) => ({
  no,
  wireType: 0,
  data: Uint8Array.from(data),
});

/** The one option that `limpid/overlay/options.proto` has for enums: field 50999, true. */
function renumbers() {
  const options = create(EnumOptionsSchema);
  options.$unknown = [option(50999, 1)];
  return options;
}

function fieldOptions(deprecated: boolean, ...unknown: ReturnType<typeof option>[]) {
  const options = create(FieldOptionsSchema, deprecated ? { deprecated } : {});
  options.$unknown = unknown;
  return options;
}

test('fields, messages, values and methods are added, references renamed', () => {
  const method: MessageInitShape<typeof MethodDescriptorProtoSchema> = {
    name: 'List',
    inputType: '.limpid.overlay.api.Empty',
    outputType: '.limpid.overlay.api.Cat',
  };
  const { set, added, skipped } = merge({
    messageType: [
      { name: 'Dog', field: [reference('friend', 2, '.limpid.overlay.api.Cat')] },
      { name: 'Cat', field: [reference('foe', 1, '.clarifai.api.Dog')] },
    ],
    enumType: [{ name: 'Kind', value: values(['UNKNOWN', 0], ['OLD', 2]) }],
    service: [{ name: 'V2', method: [method] }],
  });
  const file = set.file[0];
  expect(file?.messageType.map((m) => m.name)).toEqual(['Dog', 'Empty', 'Cat']);
  expect(file?.messageType[0]?.field[1]).toMatchObject({
    typeName: '.clarifai.api.Cat',
    number: 2,
  });
  expect(file?.messageType[2]?.field[0]?.typeName).toBe('.clarifai.api.Dog');
  expect(file?.enumType[0]?.value.map((v) => v.name)).toEqual(['UNKNOWN', 'PUPPY', 'OLD']);
  expect(file?.service[0]?.method[1]).toMatchObject({
    inputType: '.clarifai.api.Empty',
    outputType: '.clarifai.api.Cat',
  });
  expect(added).toEqual([
    'clarifai.api.Dog.friend = 2',
    'clarifai.api.Cat',
    'clarifai.api.Kind.OLD = 2',
    'clarifai.api.V2.List',
  ]);
  expect(skipped).toEqual([]);
});

test('upstream is left as it was', () => {
  const base = create(FileDescriptorSetSchema, { file: [upstream] });
  const before = structuredClone(base.file[0]?.messageType[0]?.field.length);
  const file = { name: 'limpid/overlay/api/dogs.proto', package: 'limpid.overlay.api' };
  const messageType = [{ name: 'Dog', field: [field('age', 2)] }];
  mergeOverlay(base, create(FileDescriptorSetSchema, { file: [{ ...file, messageType }] }));
  expect(base.file[0]?.messageType[0]?.field).toHaveLength(before ?? 0);
});

test('what upstream has by now is skipped and named', () => {
  expect(addTo({ field: [field('name', 1)] }).skipped).toEqual(['clarifai.api.Dog.name']);
});

test('members join the oneof of the same name, or bring theirs', () => {
  const oneofDecl = [{ name: 'toy' }];
  const base: FileInit = {
    ...upstream,
    messageType: [
      {
        name: 'Dog',
        oneofDecl: [{ name: 'food' }, ...oneofDecl],
        field: [
          { ...field('bone', 1), oneofIndex: 0 },
          { ...field('ball', 2), oneofIndex: 1 },
        ],
      },
      { name: 'Empty' },
    ],
  };
  const { set } = merge(
    {
      messageType: [
        {
          name: 'Dog',
          oneofDecl: [...oneofDecl, { name: 'bed' }],
          field: [
            { ...field('stick', 3), oneofIndex: 0 },
            { ...field('basket', 4), oneofIndex: 1 },
            field('alone', 5),
          ],
        },
      ],
    },
    base,
  );
  const message = set.file[0]?.messageType[0];
  expect(message?.oneofDecl.map((o) => o.name)).toEqual(['food', 'toy', 'bed']);
  const indexes = message?.field.map((f) => (Object.hasOwn(f, 'oneofIndex') ? f.oneofIndex : '-'));
  expect(indexes).toEqual([0, 1, 1, 2, '-']);
});

test('a number may be widened, never otherwise retyped', () => {
  const base = {
    ...upstream,
    messageType: [{ name: 'Dog', field: [field('age', 1, Type.UINT32)] }, { name: 'Empty' }],
  };
  const wide = merge(
    { messageType: [{ name: 'Dog', field: [field('age', 1, Type.UINT64)] }] },
    base,
  );
  expect(wide.set.file[0]?.messageType[0]?.field[0]?.type).toBe(Type.UINT64);
  expect(wide.changed).toEqual(['clarifai.api.Dog.age: UINT64']);
  expect(() =>
    merge({ messageType: [{ name: 'Dog', field: [field('age', 1, Type.INT64)] }] }, base),
  ).toThrow('clarifai.api.Dog.age: upstream declares another type for age');
});

test('clashes of number, name and reserved range are errors', () => {
  expect(() => addTo({ field: [field('age', 1)] })).toThrow(
    "clarifai.api.Dog.age = 1 clashes with upstream's name = 1",
  );
  expect(() => addTo({ field: [field('name', 2)] })).toThrow('clashes');
  expect(() => addTo({ field: [field('name', 1, Type.BYTES)] })).toThrow('another type');
  const reserving = (reserved: Reserved) => ({
    ...upstream,
    messageType: [{ name: 'Dog', field: [field('name', 1)], ...reserved }, { name: 'Empty' }],
  });
  const overlay = { messageType: [{ name: 'Dog', field: [field('age', 9)] }] };
  expect(() => merge(overlay, reserving({ reservedRange: [{ start: 8, end: 10 }] }))).toThrow(
    'clarifai.api.Dog.age: upstream reserves age = 9',
  );
  expect(() => merge(overlay, reserving({ reservedName: ['age'] }))).toThrow(
    'upstream reserves age',
  );
  expect(merge(overlay, reserving({ reservedRange: [{ start: 8, end: 9 }] })).added).toEqual([
    'clarifai.api.Dog.age = 9',
  ]);
});

test('an enum value may not move, and shares a number only when both names are stated', () => {
  expect(() => extend({ value: values(['UNKNOWN', 0], ['PUPPY', 2]) })).toThrow(
    "clarifai.api.Kind.PUPPY = 2 is upstream's 1",
  );
  expect(() => extend({ value: values(['UNKNOWN', 0], ['CUB', 1]) })).toThrow(
    "clarifai.api.Kind.CUB = 1 clashes with upstream's PUPPY",
  );
  const alias = extend({
    options: { allowAlias: true },
    value: values(['UNKNOWN', 0], ['PUPPY', 1], ['CUB', 1]),
  });
  expect(alias.set.file[0]?.enumType[0]).toMatchObject({
    value: values(['UNKNOWN', 0], ['PUPPY', 1], ['CUB', 1]),
    options: { allowAlias: true },
  });
});

test('renumbering states every name anew and drops none', () => {
  const moved = values(['UNKNOWN', 0], ['NEW', 1], ['PUPPY', 7]);
  const { set, changed } = extend({ options: renumbers(), value: moved });
  expect(set.file[0]?.enumType[0]?.value).toMatchObject(moved);
  expect(set.file[0]?.enumType[0]?.options?.$unknown ?? []).toEqual([]);
  expect(changed).toContain('clarifai.api.Kind: renumbered');
  expect(() => extend({ options: renumbers(), value: values(['UNKNOWN', 0], ['NEW', 1]) })).toThrow(
    'clarifai.api.Kind: renumbering drops PUPPY',
  );
});

test('two enums of one scope may not share a value name', () => {
  expect(() => merge({ enumType: [{ name: 'Size', value: values(['UNKNOWN', 0]) }] })).toThrow(
    'clarifai.api.UNKNOWN is declared twice',
  );
});

test('a stated option replaces the old one, others stay', () => {
  const before = { ...field('name', 1), options: fieldOptions(false, option(7, 1), option(8, 1)) };
  const stated = { ...field('name', 1), options: fieldOptions(true, option(7, 2)) };
  const base = { ...upstream, messageType: [{ name: 'Dog', field: [before] }, { name: 'Empty' }] };
  const { set, changed } = merge({ messageType: [{ name: 'Dog', field: [stated] }] }, base);
  const options = set.file[0]?.messageType[0]?.field[0]?.options;
  expect(options?.deprecated).toBe(true);
  expect(options?.$unknown).toEqual([option(8, 1), option(7, 2)]);
  expect(changed).toEqual(['clarifai.api.Dog.name: options']);
});

test('a method may not change what it takes or gives', () => {
  const method = { name: 'Get', inputType: '.clarifai.api.Dog', outputType: '.clarifai.api.Dog' };
  expect(() => merge({ service: [{ name: 'V2', method: [method] }] })).toThrow(
    'clarifai.api.V2.Get: upstream has another inputType',
  );
});

test('a new file stands before those that import it', () => {
  const { set } = mergeOverlay(
    create(FileDescriptorSetSchema, { file: [upstream] }),
    create(FileDescriptorSetSchema, {
      file: [
        {
          name: 'limpid/overlay/api/dogs.proto',
          package: 'limpid.overlay.api',
          dependency: [
            'limpid/overlay/api/utils/time.proto',
            'limpid/overlay/options.proto',
            'proto/clarifai/api/dogs.proto',
          ],
          messageType: [
            { name: 'Dog', field: [reference('walk', 2, '.limpid.overlay.api.utils.Time')] },
          ],
        },
        {
          name: 'limpid/overlay/api/utils/time.proto',
          package: 'limpid.overlay.api.utils',
          messageType: [{ name: 'Time' }],
        },
      ],
    }),
  );
  expect(set.file.map((file) => file.name)).toEqual([
    'proto/clarifai/api/utils/time.proto',
    'proto/clarifai/api/dogs.proto',
  ]);
  expect(set.file[1]?.dependency).toEqual(['proto/clarifai/api/utils/time.proto']);
});
