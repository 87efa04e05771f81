// Archives that wait to be read or written although nobody will come for them: their jobs were lost, as when the
// instance was restored from a backup.
import { enqueue, transaction } from '@limpid/store';
import { listStuckExports } from '@limpid/store/db/dataset-exports';
import { listStuckExtractions } from '@limpid/store/db/extraction-jobs';
import type { Deps } from '../deps.ts';
import { exportDatasetVersion, extractArchive } from '../jobs.ts';

/** An extraction touches its row more often; an export that takes longer is only looked at once more when it is done. */
const untouchedSeconds = 600;

/** May run at any time and any number of times: each job waits at most once, and does nothing that is done. */
export async function reviveStuckArchives({ db }: Pick<Deps, 'db'>): Promise<void> {
  const extractions = await listStuckExtractions(db, untouchedSeconds);
  const exports = await listStuckExports(db, untouchedSeconds);
  const calls = [
    ...extractions.map((job) => extractArchive.with({ job }, { key: String(job) })),
    ...exports.map(({ version, format }) =>
      exportDatasetVersion.with({ version, format }, { key: `${version}:${format}` }),
    ),
  ];
  if (calls.length > 0) await transaction(db, (tx) => enqueue(tx, calls));
}
