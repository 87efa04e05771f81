// Third beat: one transaction writes the final statuses, what is known of the media, and what the base workflow said.
import type { AppScope } from '@limpid/domain/access/authority';
import { type Db, transaction } from '@limpid/store';
import { insertAnnotations } from '@limpid/store/db/annotations';
import { insertEmbeddings } from '@limpid/store/db/embeddings';
import { countEnded } from '@limpid/store/db/input-jobs';
import { type FinishedInput, finishInputs, keepMedia } from '@limpid/store/db/input-work';
import { keepBlobs } from '@limpid/store/db/media';
import type { Effects } from './base-workflow.ts';

export interface Finished extends FinishedInput {
  /** Marks of blobs that its media refers to. */
  readonly marks: readonly bigint[];
}

/** Writes nothing for inputs that are gone, cancelled, or were taken over by another worker meanwhile. */
export async function commitInputs(
  db: Db,
  scope: AppScope,
  finished: readonly Finished[],
  effects: Effects,
): Promise<void> {
  await transaction(db, async (tx) => {
    const { keys, ended } = await finishInputs(tx, scope, finished);
    const ours = <T extends { readonly inputKey: bigint }>(all: readonly T[]): T[] =>
      all.filter(({ inputKey }) => keys.has(inputKey));
    const kept = finished.filter(({ claim }) => keys.has(claim.key));
    await keepBlobs(
      tx,
      kept.flatMap(({ marks }) => marks),
    );
    await insertAnnotations(
      tx,
      scope,
      ours(effects.annotations).map((annotation) => ({ ...annotation, inputLevel: false })),
    );
    await insertEmbeddings(tx, scope, ours(effects.embeddings));
    await countEnded(tx, ended);
  });
}

/** Keeps what was fetched of inputs that are to be described later. */
export async function saveMedia(
  db: Db,
  scope: AppScope,
  looked: readonly Finished[],
): Promise<void> {
  await transaction(db, async (tx) => {
    const keys = await keepMedia(tx, scope, looked);
    const kept = looked.filter(({ claim }) => keys.has(claim.key));
    await keepBlobs(
      tx,
      kept.flatMap(({ marks }) => marks),
    );
  });
}
