import type { JsonObject, JsonValue, OutputInfo } from '@limpid/wire';
import { invalidArgument, type StatusError } from '@limpid/wire/status';
import type { FieldSpec, ModelTypeManifest } from './manifest.ts';

const PARAMS = 'output_info.params.';

/**
 * Refuses settings of a version that its type does not allow. Settings that the type does not know pass, and so
 * does everything for a type that this release does not know: models with code of their own have theirs.
 */
export function checkOutputInfo(
  type: ModelTypeManifest | undefined,
  info: OutputInfo | undefined,
): void {
  const params = info?.params ?? {};
  for (const spec of type?.fields ?? []) {
    const name = nameOf(spec);
    if (name === undefined) continue;
    if (spec.required && isEmpty(params, name)) throw refusal(name, 'is required');
    checkParam(spec, name, params);
  }
}

/** The same for settings that take the place of a version's: what they leave out stays as it is there. */
export function checkOverride(
  type: ModelTypeManifest | undefined,
  info: OutputInfo | undefined,
): void {
  for (const spec of type?.fields ?? []) {
    const name = nameOf(spec);
    if (name !== undefined) checkParam(spec, name, info?.params ?? {});
  }
}

function nameOf(spec: FieldSpec): string | undefined {
  return spec.path.startsWith(PARAMS) ? spec.path.slice(PARAMS.length) : undefined;
}

/** Forms send null and "" for what was left empty. */
function isEmpty(params: JsonObject, name: string): boolean {
  const value = Object.hasOwn(params, name) ? params[name] : undefined;
  return value === undefined || value === null || value === '';
}

function checkParam(spec: FieldSpec, name: string, params: JsonObject): void {
  const value = params[name];
  if (value === undefined || isEmpty(params, name)) return;
  const problem = problemOf(spec, value);
  if (problem) throw refusal(name, problem);
}

function problemOf(spec: FieldSpec, value: JsonValue): string | undefined {
  switch (spec.type) {
    case 'BOOLEAN':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'NUMBER':
    case 'RANGE':
      return numberProblem(spec, value);
    case 'STRING':
    case 'COLLABORATORS':
      return textProblem(spec, value);
    case 'ENUM':
      return optionProblem(spec, value);
    case 'ARRAY_OF_NUMBERS':
      return isListOf(value, 'number') ? undefined : 'must be a list of numbers';
    case 'ARRAY_OF_STRINGS':
      return isListOf(value, 'string') ? undefined : 'must be a list of texts';
    default:
      return undefined;
  }
}

function numberProblem(spec: FieldSpec, value: JsonValue): string | undefined {
  if (typeof value !== 'number') return 'must be a number';
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = spec.range ?? {};
  if (value >= min && value <= max) return undefined;
  if (max === Number.POSITIVE_INFINITY) return `must be at least ${min}`;
  return `must be from ${min} to ${max}`;
}

function textProblem(spec: FieldSpec, value: JsonValue): string | undefined {
  if (typeof value !== 'string') return 'must be a text';
  const missing = (spec.holds ?? []).find((part) => !value.includes(part));
  return missing === undefined ? undefined : `must hold ${missing}`;
}

function optionProblem(spec: FieldSpec, value: JsonValue): string | undefined {
  const options = spec.options ?? [];
  const isKnown = options.some(({ id, alias }) => id === value || String(alias) === String(value));
  return isKnown ? undefined : `must be one of ${options.map(({ id }) => id).join(', ')}`;
}

function isListOf(value: JsonValue, kind: 'number' | 'string'): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === kind);
}

function refusal(name: string, problem: string): StatusError {
  return invalidArgument(`${name} ${problem}`, 'model');
}
