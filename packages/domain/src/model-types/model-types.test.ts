import { readdirSync } from 'node:fs';
import { create, type JsonObject, ModelTypeSchema, OutputInfoSchema, toJson } from '@limpid/wire';
import { StatusError } from '@limpid/wire/status';
import { expect, test } from 'vitest';
import { findTypesByFields } from './by-fields.ts';
import { checkOutputInfo, checkOverride } from './check-params.ts';
import { modelTypeMessage } from './message.ts';
import { findModelType, modelTypeManifests } from './registry.ts';

test('every file is a type of its name, and the list is in order', () => {
  const files = readdirSync(new URL('./types/', import.meta.url))
    .map((name) => name.replace(/\.ts$/, ''))
    .sort();
  expect(modelTypeManifests.map(({ id }) => id)).toEqual(files);
});

test('paths of settings have two parts or more: clients split them', () => {
  for (const { fields = [] } of modelTypeManifests) {
    for (const { path } of fields) expect(path).toMatch(/^\w+\.\w+/);
  }
});

test('every setting has a placeholder: clients take it for granted', () => {
  for (const manifest of modelTypeManifests) {
    for (const field of modelTypeMessage(manifest).modelTypeFields) {
      expect(field.placeholder).not.toBe('');
    }
  }
});

test('defaults of settings are allowed values', () => {
  for (const type of modelTypeManifests) {
    const params: JsonObject = {};
    for (const { path, default: value } of type.fields ?? []) {
      if (value !== undefined && path.startsWith('output_info.params.')) {
        params[path.slice('output_info.params.'.length)] = value;
      }
    }
    expect(() => checkOverride(type, create(OutputInfoSchema, { params }))).not.toThrow();
  }
});

test('a type is told with its settings', () => {
  const type = findModelType('concept-thresholder');
  if (!type) throw new Error('the type is gone');
  const json = toJson(ModelTypeSchema, modelTypeMessage(type), { useProtoFieldName: true });
  expect(json).toMatchObject({
    id: 'concept-thresholder',
    input_fields: ['concepts'],
    output_fields: ['concepts'],
    model_type_fields: [
      { path: 'output_info.data', field_type: 'ARRAY_OF_CONCEPTS_WITH_THRESHOLD' },
      {
        path: 'output_info.params.concept_threshold_type',
        field_type: 'ENUM',
        default_value: 'GREATER_THAN',
      },
    ],
  });
});

const check = (id: string, params: JsonObject) => () =>
  checkOutputInfo(findModelType(id), create(OutputInfoSchema, { params }));

test.each<[string, JsonObject, RegExp]>([
  ['prompter', {}, /prompt_template is required/],
  ['prompter', { prompt_template: '' }, /is required/],
  ['prompter', { prompt_template: 'no place for the text' }, /must hold \{data\.text\.raw\}/],
  ['rag-prompter', { prompt_template: '{data.text.raw}' }, /must hold \{data\.hits\}/],
  ['random-sample', { keep_fraction: 1.1 }, /from 0 to 1/],
  ['random-sample', { keep_fraction: '1' }, /must be a number/],
  ['image-crop', { margin: -1 }, /at least 0/],
  ['concept-thresholder', { concept_threshold_type: 'ABOVE' }, /one of GREATER_THAN/],
  ['language-id-operator', { lowercase: 'yes' }, /true or false/],
  ['kalman-reid-tracker', { association_confidence: [1, '2'] }, /list of numbers/],
])('%s refuses %j', (id, params, told) => {
  expect(check(id, params)).toThrow(StatusError);
  expect(check(id, params)).toThrow(told);
});

test.each<[string, JsonObject]>([
  ['prompter', { prompt_template: '{data.text.raw} and {data.text.raw}' }],
  ['image-crop', { margin: 1.5 }],
  ['image-crop', { margin: null }],
  ['image-crop', { of_a_later_release: true }],
  ['annotation-writer', { annotation_status: 24150 }],
  ['annotation-writer', { annotation_status: 'ANNOTATION_PENDING', annotation_info: { a: 1 } }],
  ['embedding-classifier', { min_value: 1 }],
  ['visual-classifier', { min_value: 95 }],
])('%s takes %j', (id, params) => {
  expect(check(id, params)).not.toThrow();
});

test('an override need not say what is required', () => {
  const prompter = findModelType('prompter');
  expect(() => checkOverride(prompter, create(OutputInfoSchema, { params: {} }))).not.toThrow();
  const bad = create(OutputInfoSchema, { params: { prompt_template: 'x' } });
  expect(() => checkOverride(prompter, bad)).toThrow(/must hold/);
});

test('types are found by what they take and give', () => {
  expect(findTypesByFields([], [])).toBeUndefined();
  expect(findTypesByFields(['image'], ['concepts'])).toContain('visual-classifier');
  expect(findTypesByFields([], ['regions[...].data.concepts'])).toContain('visual-detector');
  expect(findTypesByFields(['text'], ['clusters'])).toEqual([]);
});
