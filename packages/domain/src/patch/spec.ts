import type { DescMessage } from '@limpid/wire';
import type { PatchAction } from './action.ts';

/**
 * What an action does to a field that the patch carries. A field the patch does not carry stays as it is, except
 * inside `rebuild`.
 *
 * any field: `ignore` keeps the current value, `refuse` is an error, `fixed` is one if the value differs, `set`
 * takes the patch's value. Messages: `fields` applies the action field by field, `rebuild` also clears what the
 * patch leaves out. Lists of messages: `upsert` merges elements of the same id and appends others, `drop` deletes
 * by id, `single` is for lists that hold one element. Lists of values: `union` adds what is missing. JSON: `deep` and `prune` are the documented merge and remove. Images: `clear`, if the URL is the
 * current one.
 */
export type Verb =
  | 'ignore'
  | 'refuse'
  | 'fixed'
  | 'set'
  | 'fields'
  | 'rebuild'
  | 'upsert'
  | 'drop'
  | 'single'
  | 'union'
  | 'deep'
  | 'prune'
  | 'clear';

export interface FieldRule extends Readonly<Record<PatchAction, Verb>> {
  /** Rules of the message below, or of each list element; a function because messages nest in themselves. */
  readonly of?: () => FieldRules;
  /** The zero value counts as sent: for fields whose zero has a meaning of its own. */
  readonly always?: true;
  /** The zero value counts as sent when the patch carries nothing else. */
  readonly alone?: true;
}

export type FieldRules = Readonly<Record<string, FieldRule>>;

/** One rule for every field of the message: a field without one does not compile. */
export type TableOf<Desc extends DescMessage> = Readonly<Record<keyof Desc['field'], FieldRule>>;

export interface PatchSpec<Desc extends DescMessage> {
  readonly desc: Desc;
  readonly actions: readonly PatchAction[];
  readonly fields: TableOf<Desc>;
}

export function definePatch<Desc extends DescMessage>(
  desc: Desc,
  actions: readonly PatchAction[],
  fields: TableOf<Desc>,
): PatchSpec<Desc> {
  return { desc, actions, fields };
}

/** Types a table of a message that is only patched inside another one. */
export function defineTable<Desc extends DescMessage>(
  _desc: Desc,
  fields: TableOf<Desc>,
): FieldRules {
  return fields;
}

export function rule(
  merge: Verb,
  overwrite: Verb,
  remove: Verb,
  extra: Pick<FieldRule, 'of' | 'always' | 'alone'> = {},
): FieldRule {
  return { merge, overwrite, remove, ...extra };
}

/** Server-made or fixed at creation: a client that sends a whole resource back is not refused for it. */
export const readOnly = rule('ignore', 'ignore', 'ignore');

/** Every documented action overwrites plain values. */
export const plain = rule('set', 'set', 'set');

/** For resources whose `remove` only takes the cover image away. */
export const kept = rule('set', 'set', 'refuse');
export const keptJson = rule('deep', 'set', 'refuse');
export const keptSet = rule('union', 'set', 'refuse');
export const coverImage = rule('set', 'set', 'clear');

export const json = rule('deep', 'set', 'prune');

export function every<Name extends string>(
  field: FieldRule,
  ...names: readonly Name[]
): Record<Name, FieldRule> {
  return Object.fromEntries(names.map((name) => [name, field])) as Record<Name, FieldRule>;
}
