import { create, DataSchema, InputSchema, type JsonObject } from '@limpid/wire';
import { StatusError } from '@limpid/wire/status';
import { expect, test } from 'vitest';
import { applyPatch } from './apply.ts';
import { mergeJson, removeJson } from './json.ts';
import { inputPatch } from './tables/input.ts';

type Row = readonly [name: string, patch: string, current: string, result: string];

const flat = '{"key1":{"key2":"value2","key3":"value3"}}';

// The documented examples in their order. M3 is printed without `"other":true`, R9 with the result `{}`; why they
// read differently here is settled in docs/decisions/0002-patch-contradictions.md.
const merges: readonly Row[] = [
  ['M1', '{"a":[1,2,3]}', '{"blah":true}', '{"blah":true,"a":[1,2,3]}'],
  ['M2', '{"a":[{"id":1}]}', '{"a":[{"id":2}]}', '{"a":[{"id":2},{"id":1}]}'],
  [
    'M3',
    '{"a":[{"id":"1","other":true}],"blah":1}',
    '{"a":[{"id":"2"},{"id":"1","other":false}]}',
    '{"a":[{"id":"2"},{"id":"1","other":true}],"blah":1}',
  ],
  [
    'M4',
    '{"a":[{"id":"1"}],"blah":1}',
    '{"a":[{"id":"2"}],"blah":"string"}',
    '{"a":[{"id":"2"},{"id":"1"}],"blah":1}',
  ],
  [
    'M5',
    '{"a":[{"id":"1","hey":true}],"blah":1}',
    '{"a":[{"id":"1","foo":"bar","hey":false},{"id":"2"}],"blah":"string"}',
    '{"a":[{"hey":true,"id":"1","foo":"bar"},{"id":"2"}],"blah":1}',
  ],
  [
    'M6',
    '{"a":[{"blah":"1"}],"blah":1}',
    '{"a":[{"blah":"2"}],"blah":"string"}',
    '{"a":[{"blah":"2"},{"blah":"1"}],"blah":1}',
  ],
  [
    'M7',
    '{"a":[{"blah":"1"}],"blah":1,"dict":{"a":1,"b":2}}',
    '{"a":[{"blah":"2"}],"blah":"string"}',
    '{"a":[{"blah":"2"},{"blah":"1"}],"blah":1,"dict":{"a":1,"b":2}}',
  ],
  ['M8', '{"key1":true}', flat, '{"key1":true}'],
  ['M9', '{"key1":{"key2":true}}', flat, '{"key1":{"key2":true,"key3":"value3"}}'],
  [
    'M10',
    '{"key1":{"key2":{"key4":"value4"}}}',
    flat,
    '{"key1":{"key2":{"key4":"value4"},"key3":"value3"}}',
  ],
  [
    'M11',
    '{"key1":{"key2":{"key9":"value9"},"key3":{"key4":"value4","key10":[1,2,3]}},"key6":{"key11":"value11"}}',
    '{"key1":{"key2":"value2","key3":{"key4":{"key5":"value5"}}},"key6":{"key7":{"key8":"value8"}}}',
    '{"key1":{"key2":{"key9":"value9"},"key3":{"key4":"value4","key10":[1,2,3]}},"key6":{"key7":{"key8":"value8"},"key11":"value11"}}',
  ],
  ['M12', '{"key1":{"key2":{}}}', flat, '{"key1":{"key2":{},"key3":"value3"}}'],
  ['M13', '{"key1":{"key2":null}}', flat, flat],
  ['M14', '{"key1":[]}', flat, '{"key1":[]}'],
  ['M15', '{"key1":{"key2":[]}}', flat, '{"key1":{"key2":[],"key3":"value3"}}'],
  [
    'M16',
    '{"key1":{"key2":[{"key3":"value3"}]}}',
    '{"key1":{"key2":{"key3":"value3"}}}',
    '{"key1":{"key2":[{"key3":"value3"}]}}',
  ],
  [
    'M17',
    '{"key1":{"key2":{"key3":[{"key4":"value4"}]}}}',
    '{"key1":{"key2":[]}}',
    '{"key1":{"key2":{"key3":[{"key4":"value4"}]}}}',
  ],
];

const refused = 'refused';

const removes: readonly Row[] = [
  [
    'R1',
    '{"a":[{"id":"1"}],"blah":1}',
    '{"a":[{"id":"2"},{"id":"3"},{"id":"1"}],"blah":"string"}',
    '{"a":[{"id":"2"},{"id":"3"}],"blah":1}',
  ],
  [
    'R2',
    '{"a":[{"blah":"1"}],"blah":1}',
    '{"a":[{"blah":"2"}],"blah":"string"}',
    '{"a":[{"blah":"2"},{"blah":"1"}],"blah":1}',
  ],
  ['R3', '{"key1":{"key2":true}}', '{"key1":{"key2":"value2"}}', '{"key1":{}}'],
  ['R4', '{"key1":true}', flat, '{}'],
  ['R5', '{"key1":{"key2":true}}', flat, '{"key1":{"key3":"value3"}}'],
  [
    'R6',
    '{"key1":{"key2":{"key3":true},"key4":true}}',
    '{"key1":{"key2":{"key3":{"key5":"value5"}},"key4":{"key6":{"key7":"value7"}}}}',
    '{"key1":{"key2":{}}}',
  ],
  [
    'R7',
    '{"key1":true}',
    '{"key1":{"key2":"value2","key3":"value3"},"key4":["a","b","c"]}',
    '{"key4":["a","b","c"]}',
  ],
  [
    'R8',
    '{"key1":{"key2":false,"key3":true},"key4":false}',
    '{"key1":{"key2":"value2","key3":"value3"},"key4":[{"key5":"value5","key6":"value6"},{"key7":"value7"}]}',
    '{"key1":{"key2":false},"key4":false}',
  ],
  ['R9', '{"key1":[{"key2":true}]}', '{"key1":[{"key2":"value2"},{"key3":"value3"}]}', refused],
  ['R10', '{"key1":{}}', flat, flat],
  ['R11', '{"key1":{"key2":null}}', flat, flat],
];

function parse(text: string): JsonObject {
  return JSON.parse(text);
}

function inputWith(metadata: JsonObject) {
  return create(InputSchema, { id: 'i', data: create(DataSchema, { metadata }) });
}

/** The same row as it arrives: in the metadata of an input. */
function patchInput(current: JsonObject, patch: JsonObject, action: string): unknown {
  return applyPatch(InputSchema, inputWith(current), inputWith(patch), action, inputPatch).data
    ?.metadata;
}

test('all 28 documented rows are here', () => {
  expect(merges.length + removes.length).toBe(28);
});

test.each(merges)('merge %s', (_name, patch, current, result) => {
  expect(mergeJson(parse(current), parse(patch))).toEqual(parse(result));
  expect(patchInput(parse(current), parse(patch), 'merge')).toEqual(parse(result));
});

test.each(removes)('remove %s', (_name, patch, current, result) => {
  const runs = [
    () => removeJson(parse(current), parse(patch)),
    () => patchInput(parse(current), parse(patch), 'remove'),
  ];
  for (const run of runs) {
    if (result !== refused) expect(run()).toEqual(parse(result));
    else {
      expect(run).toThrow(StatusError);
      expect(run).toThrow('only list elements with an id can be removed');
    }
  }
});

test.each([
  [
    'O1',
    '{"a":[{"id":"1"}],"blah":1}',
    '{"a":[{"id":"2"}],"blah":"string","foo":"bar"}',
    '{"a":[{"id":"1"}],"blah":1}',
  ],
  ['O2', '{}', '{"a":[{"blah":"2"}],"blah":"string"}', '{}'],
])('overwrite %s', (_name, patch, current, result) => {
  expect(patchInput(parse(current), parse(patch), 'overwrite')).toEqual(parse(result));
});

// What the examples leave open.
test.each([
  ['an empty list replaces a full one', '{"a":[]}', '{"a":[1]}', '{"a":[]}'],
  ['an empty object replaces a full one', '{"a":{}}', '{"a":{"b":1}}', '{"a":{}}'],
  ['no keys at all change nothing', '{}', '{"a":1}', '{"a":1}'],
  [
    'ids compare by type too',
    '{"a":[{"id":1}]}',
    '{"a":[{"id":"1"}]}',
    '{"a":[{"id":"1"},{"id":1}]}',
  ],
  [
    'an id may repeat in the patch',
    '{"a":[{"id":1,"x":1},{"id":1,"y":2}]}',
    '{"a":[]}',
    '{"a":[{"id":1,"x":1,"y":2}]}',
  ],
  [
    'keys of every name are kept',
    '{"__proto__":{"x":1}}',
    '{"b":1}',
    '{"b":1,"__proto__":{"x":1}}',
  ],
])('merge: %s', (_name, patch, current, result) => {
  const merged = mergeJson(parse(current), parse(patch));
  expect(JSON.parse(JSON.stringify(merged))).toEqual(parse(result));
  expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
});

test.each([
  ['what is not there stays away', '{"a":[{"id":1}],"b":{"c":true},"d":true}', '{}', '{}'],
  ['other types are emptied, not filled with markers', '{"a":{"b":true}}', '{"a":1}', '{"a":{}}'],
  [
    'every element with the id goes',
    '{"a":[{"id":1}]}',
    '{"a":[{"id":1},2,{"id":1}]}',
    '{"a":[2]}',
  ],
])('remove: %s', (_name, patch, current, result) => {
  expect(removeJson(parse(current), parse(patch))).toEqual(parse(result));
});

test('deep nesting is refused, not a stack overflow', () => {
  const nest = (levels: number): JsonObject =>
    levels === 0 ? { leaf: 1 } : { a: nest(levels - 1) };
  expect(mergeJson(nest(99), nest(99))).toEqual(nest(99));
  expect(() => mergeJson(nest(5000), nest(5000))).toThrow('nested deeper than 100 levels');
  expect(() => removeJson(nest(5000), nest(5000))).toThrow('nested deeper than 100 levels');
});
