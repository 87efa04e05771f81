// Inputs that wait although nobody will come for them: their job was lost, or gave up.
import { enqueue, transaction } from '@limpid/store';
import { listStuckInputs } from '@limpid/store/db/input-work';
import { hasWaitingJobs } from '@limpid/store/db/job-queue';
import type { Deps } from '../deps.ts';
import { ingestInputs } from '../jobs.ts';

/** Whoever works on inputs touches them more often than this. */
const untouchedSeconds = 600;
const atOnce = 5000;
const perJob = 128;

/** Sends stuck inputs on their way again. May run at any time and any number of times. */
export async function reviveStuckInputs({ db }: Pick<Deps, 'db'>): Promise<void> {
  // While jobs wait for a free worker, so do their inputs: they are late, not stuck.
  if (await hasWaitingJobs(db, ingestInputs.name)) return;
  const stuck = await listStuckInputs(db, untouchedSeconds, atOnce);
  const calls = stuck.flatMap(({ app, keys }) => {
    const parts = [];
    for (let at = 0; at < keys.length; at += perJob) {
      const part = keys.slice(at, at + perJob);
      // The same stuck inputs make the same key, so jobs for them don't pile up.
      parts.push(ingestInputs.with({ app, keys: part }, { key: `${app}:${part[0]}` }));
    }
    return parts;
  });
  if (calls.length > 0) await transaction(db, (tx) => enqueue(tx, calls));
}
