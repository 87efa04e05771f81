// PatchInputs: each input as it is, the patch on it, and what changed back into columns and labels. All or none.
import type { AppScope, Caller } from '@limpid/domain/access/authority';
import {
  checkLabels,
  type Label,
  partsOf,
  settleLabels,
  takeLabels,
} from '@limpid/domain/input/labels';
import { readPlace } from '@limpid/domain/input/read-input';
import { applyPatch, inputPatch } from '@limpid/domain/patch/index';
import { type Tx, transaction } from '@limpid/store';
import { type InputLabels, replaceInputLabels } from '@limpid/store/db/annotations';
import { ensureConcepts } from '@limpid/store/db/concepts';
import { writeDoc } from '@limpid/store/db/doc';
import { getInputs, type InputChange, lockInputs, updateInputs } from '@limpid/store/db/inputs';
import {
  AnnotationSchema,
  create,
  DataSchema,
  type Input,
  InputSchema,
  invalidArgument,
  newHexId,
  notFound,
  StatusCode,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { inputMessage } from '../../present/inputs.ts';
import { metadataJson } from './prepare.ts';

export async function patchInputs(
  deps: Deps,
  caller: Caller,
  scope: AppScope,
  patches: readonly Input[],
  action: string,
): Promise<void> {
  const ids = patches.map((patch) => patch.id);
  if (new Set(ids).size < ids.length)
    throw invalidArgument('an input stands twice in one patch', 'input');
  await transaction(deps.db, async (tx) => {
    const keys = await lockInputs(tx, scope, ids);
    const missing = ids.find((id) => !keys.has(id));
    if (missing !== undefined) throw notFound(`There is no input '${missing.slice(0, 80)}'`);
    const rows = await getInputs(tx, scope, ids);
    const patched = rows.map((row, index) => {
      // URLs are no part of what is patched, so they need no address.
      const before = inputMessage(row, { userId: '', appId: '', publicUrl: '' });
      // `ids` and `patches` have the same order, and every id has a row.
      const patch = withIds(patches[index] as Input);
      const after = applyPatch(InputSchema, before, patch, action, inputPatch);
      return { key: row.key, before, after };
    });
    await updateInputs(
      tx,
      patched.map(({ key, after }) => changeOf(key, after)),
    );
    await writeLabels(tx, deps, caller, scope, patched);
  });
}

/** A concept may be named instead of given its id, as when an input is posted. */
function withIds(patch: Input): Input {
  const parts = patch.data ? partsOf(patch.data) : [];
  for (const part of parts) for (const concept of part.concepts) concept.id ||= concept.name;
  return patch;
}

function changeOf(key: bigint, { data }: Input): InputChange {
  const place = data && readPlace(data);
  return {
    key,
    metadata: data?.metadata ? metadataJson(data.metadata) : null,
    latitude: place?.latitude ?? null,
    longitude: place?.longitude ?? null,
  };
}

interface Patched {
  readonly key: bigint;
  readonly before: Input;
  readonly after: Input;
}

async function writeLabels(
  tx: Tx,
  deps: Deps,
  caller: Caller,
  scope: AppScope,
  patched: readonly Patched[],
): Promise<void> {
  const newId = () => newHexId(deps.random);
  const changed = patched.flatMap(({ key, before, after }) => {
    const now = settledLabels(after, newId);
    return now.body === settledLabels(before, newId).body ? [] : [{ key, ...now }];
  });
  const wanted = changed.flatMap(({ concepts }) => concepts);
  const keys = await ensureConcepts(tx, scope, wanted);
  const rows = changed.map(
    ({ key, body, concepts }): InputLabels => ({
      inputKey: key,
      id: newId(),
      userKey: caller.userKey,
      statusCode: StatusCode.ANNOTATION_SUCCESS,
      body,
      concepts: concepts.map((label) => withKey(label, keys)),
    }),
  );
  await replaceInputLabels(tx, scope, rows);
}

function settledLabels({ data }: Input, newId: () => string) {
  const labels = (data && takeLabels(data)) ?? create(DataSchema);
  checkLabels(labels);
  const concepts = settleLabels(labels, newId);
  const body = writeDoc(AnnotationSchema, create(AnnotationSchema, { data: labels }));
  return { body, concepts };
}

/** `ensureConcepts` answers for every id. */
function withKey({ id, value }: Label, keys: ReadonlyMap<string, bigint>) {
  return { conceptKey: keys.get(id) as bigint, value };
}
