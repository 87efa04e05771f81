import type { DescField, DescMessage } from '@limpid/wire';
import { expect, test } from 'vitest';
import * as patch from '../index.ts';
import type { FieldRule, FieldRules, PatchSpec, Verb } from '../spec.ts';

// What a verb needs to find on the wire. Tables are typed by field name only, so this is where a verb on a field
// of the wrong kind shows up.
const fits: Record<Verb, (field: DescField, rule: FieldRule) => boolean> = {
  ignore: () => true,
  refuse: () => true,
  set: () => true,
  fixed: (field) => field.fieldKind === 'scalar' || field.fieldKind === 'enum',
  fields: isMessage,
  rebuild: isMessage,
  upsert: isListWithIds,
  drop: isListWithIds,
  single: isListWithIds,
  union: (field) => field.fieldKind === 'list' && field.listKind === 'scalar',
  deep: isJson,
  prune: isJson,
  clear: (field) => field.message?.fields.some((inner) => inner.name === 'url') === true,
};

function isJson(field: DescField): boolean {
  return field.fieldKind === 'message' && field.message.typeName === 'google.protobuf.Struct';
}

function isMessage(field: DescField, rule: FieldRule): boolean {
  const isOurs = field.message?.typeName.startsWith('clarifai.') === true;
  return field.fieldKind === 'message' && isOurs && rule.of !== undefined;
}

function isListWithIds(field: DescField, rule: FieldRule): boolean {
  const isList = field.fieldKind === 'list' && field.listKind === 'message';
  return isList && rule.of !== undefined && field.message.field.id !== undefined;
}

function problemsOf(desc: DescMessage, table: FieldRules, seen = new Set<FieldRules>()): string[] {
  if (seen.has(table)) return [];
  seen.add(table);
  const unknown = Object.keys(table).filter((name) => desc.field[name] === undefined);
  const missing = desc.fields.filter((field) => table[field.localName] === undefined);
  const misfits = desc.fields.flatMap((field) => {
    const rule = table[field.localName];
    if (rule === undefined) return [];
    const wrong = [rule.merge, rule.overwrite, rule.remove].filter((v) => !fits[v](field, rule));
    const below = field.message && rule.of ? problemsOf(field.message, rule.of(), seen) : [];
    return [...wrong.map((verb) => `${verb} on ${field.name}`), ...below];
  });
  const names = [...unknown, ...missing.map((field) => field.localName)];
  return [...names.map((name) => `no such pair: ${name}`), ...misfits].map(
    (problem) => `${desc.name}: ${problem}`,
  );
}

const exported: readonly [string, unknown][] = Object.entries(patch);
const specs = exported.filter(
  (entry): entry is [string, PatchSpec<DescMessage>] =>
    typeof entry[1] === 'object' && entry[1] !== null && 'actions' in entry[1],
);

test('the tables are found', () => {
  expect(specs.map(([name]) => name)).toEqual([
    'annotationPatch',
    'annotationTrackPatch',
    'appPatch',
    'computeClusterPatch',
    'nodepoolPatch',
    'runnerPatch',
    'conceptPatch',
    'datasetPatch',
    'datasetVersionPatch',
    'deploymentPatch',
    'inputPatch',
    'keyPatch',
    'modelPatch',
    'modelVersionPatch',
    'annotationFilterPatch',
    'searchPatch',
    'workflowPatch',
  ]);
});

test.each(specs)('%s: every field has a rule and every rule fits its field', (_name, spec) => {
  expect(problemsOf(spec.desc, spec.fields)).toEqual([]);
});

test.each(specs)('%s: identity and ownership cannot be patched', (_name, spec) => {
  for (const name of ['id', 'userId', 'appId', 'createdAt', 'modifiedAt']) {
    const rule = spec.desc.field[name] && spec.fields[name];
    if (rule === undefined) continue;
    expect([rule.merge, rule.overwrite, rule.remove], name).toEqual(['ignore', 'ignore', 'ignore']);
  }
});
