import {
  clearField,
  clone,
  create,
  type DescField,
  type DescMessage,
  isFieldSet,
  type Message,
  type MessageShape,
} from '@limpid/wire';
import { invalidArgument } from '@limpid/wire/status';
import { actionOf, type PatchAction } from './action.ts';
import { mergeJson, removeJson } from './json.ts';
import {
  idOf,
  readField,
  readJson,
  readMessage,
  readMessages,
  readValues,
  writeField,
} from './message.ts';
import { type FieldRule, type FieldRules, type PatchSpec, readOnly, type Verb } from './spec.ts';

/** One field of one message being patched. `target` is our own copy, so it may be written. */
interface Site {
  readonly action: PatchAction;
  readonly path: string;
  readonly field: DescField;
  readonly rule: FieldRule;
  readonly target: Message;
  readonly patch: Message;
}

/**
 * The resource after `patch` under `action`. Neither argument is changed and the result shares nothing with
 * them. What the patch does not carry stays; the table in `spec` says what each action does with the rest.
 */
export function applyPatch<Desc extends DescMessage>(
  desc: Desc,
  current: MessageShape<Desc>,
  patch: MessageShape<Desc>,
  action: string,
  spec: PatchSpec<Desc>,
): MessageShape<Desc> {
  const known = actionOf(action, spec.actions);
  const target = clone(desc, current);
  patchFields(known, desc, target, clone(desc, patch), spec.fields, '');
  return target;
}

function patchFields(
  action: PatchAction,
  desc: DescMessage,
  target: Message,
  patch: Message,
  fields: FieldRules,
  path: string,
): void {
  const ruleOf = (field: DescField) => fields[field.localName] ?? readOnly;
  const isEmpty = !desc.fields.some(
    (field) => ruleOf(field)[action] !== 'ignore' && isFieldSet(patch, field),
  );
  for (const field of desc.fields) {
    const rule = ruleOf(field);
    const isGiven = isFieldSet(patch, field) || rule.always || (rule.alone && isEmpty);
    if (isGiven)
      verbs[rule[action]]({ action, path: path + field.name, field, rule, target, patch });
  }
}

const verbs: Readonly<Record<Verb, (site: Site) => void>> = {
  ignore: () => {},
  refuse: ({ action, path }) => {
    throw invalidArgument(`action '${action}' cannot be used on '${path}'`, 'patch');
  },
  fixed: ({ field, target, patch, path }) => {
    if (readField(target, field) === readField(patch, field)) return;
    throw invalidArgument(`'${path}' cannot be changed`, 'patch');
  },
  set: ({ field, target, patch }) => writeField(target, field, readField(patch, field)),
  fields: patchMessage,
  rebuild: (site) => {
    clearWritable(site);
    patchMessage(site);
  },
  upsert,
  drop,
  single: patchSingle,
  union: ({ field, target, patch }) =>
    writeField(target, field, [
      ...new Set([...readValues(target, field), ...readValues(patch, field)]),
    ]),
  deep: ({ field, target, patch }) =>
    writeField(target, field, mergeJson(readJson(target, field), readJson(patch, field))),
  prune: ({ field, target, patch }) =>
    writeField(target, field, removeJson(readJson(target, field), readJson(patch, field))),
  clear: clearImage,
};

// A verb for messages on a field without one is a mistake in a table; its test would have found it.
function below(site: Site): { desc: DescMessage; fields: FieldRules } {
  const desc = site.field.message;
  if (desc === undefined) throw new TypeError(`'${site.path}' holds no messages`);
  return { desc, fields: site.rule.of?.() ?? {} };
}

function patchMessage(site: Site): void {
  const { desc, fields } = below(site);
  const patch = readMessage(site.patch, site.field);
  if (patch === undefined) return;
  const target = readMessage(site.target, site.field) ?? create(desc);
  patchFields(site.action, desc, target, patch, fields, `${site.path}.`);
  writeField(site.target, site.field, target);
}

function clearWritable(site: Site): void {
  const { desc, fields } = below(site);
  const target = readMessage(site.target, site.field);
  if (target === undefined) return;
  for (const field of desc.fields) {
    const verb = (fields[field.localName] ?? readOnly)[site.action];
    if (verb !== 'ignore') clearField(target, field);
  }
}

function mergeElement(site: Site, target: Message, patch: Message): void {
  const { desc, fields } = below(site);
  patchFields(site.action, desc, target, patch, fields, `${site.path}[].`);
}

function upsert(site: Site): void {
  const elements = readMessages(site.target, site.field);
  const known = new Map(elements.map((element) => [idOf(element), element]));
  for (const patch of readMessages(site.patch, site.field)) {
    const id = idOf(patch);
    const match = id === '' ? undefined : known.get(id);
    if (match !== undefined) mergeElement(site, match, patch);
    else {
      elements.push(patch);
      known.set(id, patch);
    }
  }
}

function drop(site: Site): void {
  const ids = new Set(readMessages(site.patch, site.field).map(idOf));
  if (ids.has('')) {
    throw invalidArgument(`only elements of '${site.path}' with an id can be removed`, 'patch');
  }
  const elements = readMessages(site.target, site.field);
  writeField(
    site.target,
    site.field,
    elements.filter((element) => !ids.has(idOf(element))),
  );
}

function byId(site: Site): void {
  if (site.action === 'remove') drop(site);
  else upsert(site);
}

// Clients send the one element of such a list without its id; a new id means another element in its place.
function patchSingle(site: Site): void {
  const elements = readMessages(site.target, site.field);
  const patches = readMessages(site.patch, site.field);
  const [only] = elements;
  const [patch] = patches;
  if (site.action === 'remove' && only === undefined) return;
  const isOne = elements.length === 1 && patches.length === 1;
  if (!isOne || only === undefined || patch === undefined) byId(site);
  else if (idOf(patch) === '') mergeElement(site, only, patch);
  else if (site.action === 'remove' || idOf(patch) === idOf(only)) byId(site);
  else writeField(site.target, site.field, patches);
}

function clearImage(site: Site): void {
  const { desc } = below(site);
  const url = desc.fields.find((field) => field.name === 'url');
  const current = readMessage(site.target, site.field);
  const patch = readMessage(site.patch, site.field);
  if (url === undefined || patch === undefined) return;
  if (current === undefined || readField(current, url) !== readField(patch, url)) {
    throw invalidArgument(`'${site.path}.url' is not the current image URL`, 'patch');
  }
  clearField(site.target, site.field);
}
