// The rows of an accepted call.
import { createHash } from 'node:crypto';
import type { AppScope, Caller } from '@limpid/domain/access/authority';
import { randomlySuffixed, suffixedIds } from '@limpid/domain/input/conflict';
import type { MediaEntry } from '@limpid/domain/input/media';
import type { Tx } from '@limpid/store';
import { insertAnnotations } from '@limpid/store/db/annotations';
import { ensureConcepts } from '@limpid/store/db/concepts';
import { addToDataset } from '@limpid/store/db/datasets';
import {
  findInputIds,
  type InsertedInput,
  insertInputs,
  type NewInput,
} from '@limpid/store/db/inputs';
import {
  duplicateInputId,
  duplicateInputUrl,
  newHexId,
  StatusCode,
  type StatusError,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { isRefused, type Prepared, type ReadyItem } from './prepare.ts';
import type { StoredBytes } from './sent-bytes.ts';

export interface TakenItem extends InsertedInput {
  readonly item: ReadyItem;
  /** The item's own, or with a suffix. */
  readonly id: string;
  readonly media: readonly MediaEntry[];
}

export type Outcome = TakenItem | { readonly id: string; readonly refused: StatusError };

export interface InsertWork {
  readonly deps: Deps;
  readonly scope: AppScope;
  readonly jobKey: bigint | null;
  readonly onConflict: 'refuse' | 'suffix';
  readonly prepared: readonly Prepared[];
  readonly stored: ReadonlyMap<ReadyItem, StoredBytes>;
}

/** Inserts what can be inserted; what the app has already is refused, or gets another id. */
export async function insertRows(tx: Tx, work: InsertWork): Promise<Outcome[]> {
  const { scope, jobKey, prepared, stored } = work;
  const ready = prepared.flatMap((item) => (isRefused(item) ? [] : [item]));
  const mediaOf = (item: ReadyItem): readonly MediaEntry[] => stored.get(item)?.media ?? [];
  const row = (item: ReadyItem, id: string): NewInput => rowOf(item, id, mediaOf(item));
  const keys = await insertInputs(
    tx,
    scope,
    jobKey,
    ready.map((item) => row(item, item.id)),
  );
  const made = new Map<ReadyItem, TakenItem>();
  for (const item of ready) {
    const inserted = keys.get(item.id);
    if (inserted) made.set(item, { ...inserted, item, id: item.id, media: mediaOf(item) });
  }
  const left = ready.filter((item) => !made.has(item));
  const taken = await findInputIds(
    tx,
    scope,
    left.map((item) => item.id),
  );
  if (work.onConflict === 'suffix') {
    for (const item of left.filter(({ id }) => taken.has(id))) {
      const suffixed = await insertSuffixed(tx, work, item, (id) => row(item, id));
      if (suffixed) made.set(item, suffixed);
    }
  }
  return prepared.map((item) => {
    if (isRefused(item)) return item;
    const inserted = made.get(item);
    if (inserted) return inserted;
    const isIdTaken = taken.has(item.id) && work.onConflict === 'refuse';
    return { id: item.id, refused: isIdTaken ? duplicateInputId() : duplicateInputUrl() };
  });
}

function rowOf(item: ReadyItem, id: string, media: readonly MediaEntry[]): NewInput {
  const once = item.urls.find((sent) => !sent.repeatable);
  return {
    id,
    kind: item.kind,
    body: item.body,
    metadata: item.metadataJson,
    latitude: item.place?.latitude,
    longitude: item.place?.longitude,
    urlHash: once && createHash('sha256').update(once.url).digest(),
    media,
  };
}

/** Tries the suffixes in order. Undefined: it is not the id that stands in the way. */
async function insertSuffixed(
  tx: Tx,
  { deps, scope, jobKey, stored }: InsertWork,
  item: ReadyItem,
  row: (id: string) => NewInput,
): Promise<TakenItem | undefined> {
  const last = randomlySuffixed(item.id, newHexId(deps.random));
  const candidates = [...suffixedIds(item.id), last];
  const taken = await findInputIds(tx, scope, candidates);
  for (const id of candidates.filter((candidate) => !taken.has(candidate))) {
    const inserted = (await insertInputs(tx, scope, jobKey, [row(id)])).get(id);
    if (inserted) return { ...inserted, item, id, media: stored.get(item)?.media ?? [] };
    // Somebody was quicker with this id, or the URL is what the app has already: then no id helps.
    if (!(await findInputIds(tx, scope, [id])).has(id)) return undefined;
  }
  return undefined;
}

/** The labels that came with inputs, each in the input's one annotation of its own level. */
export async function addLabels(
  tx: Tx,
  scope: AppScope,
  caller: Pick<Caller, 'userKey'>,
  outcomes: readonly Outcome[],
): Promise<void> {
  const labelled = outcomes.flatMap((outcome) =>
    'key' in outcome && outcome.item.label
      ? [{ inputKey: outcome.key, label: outcome.item.label }]
      : [],
  );
  const wanted = labelled.flatMap(({ label }) => label.concepts);
  const concepts = await ensureConcepts(tx, scope, wanted);
  await insertAnnotations(
    tx,
    scope,
    labelled.map(({ inputKey, label }) => ({
      inputKey,
      id: label.id,
      inputLevel: true,
      statusCode: StatusCode.ANNOTATION_SUCCESS,
      userKey: caller.userKey,
      body: label.body,
      concepts: label.concepts.map(({ id, value }) => ({
        // `ensureConcepts` answers for every id.
        conceptKey: concepts.get(id) as bigint,
        value,
      })),
    })),
  );
}

export async function addMemberships(tx: Tx, outcomes: readonly Outcome[]): Promise<void> {
  const members = new Map<bigint, bigint[]>();
  for (const outcome of outcomes) {
    if (!('key' in outcome)) continue;
    for (const dataset of outcome.item.datasetKeys) {
      members.set(dataset, [...(members.get(dataset) ?? []), outcome.key]);
    }
  }
  for (const [dataset, inputs] of members) await addToDataset(tx, dataset, inputs);
}
