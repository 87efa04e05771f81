import { sql } from 'kysely';
import type { Tx } from '../db/db.ts';
import type { JobCall } from './define.ts';
import { encodePayload } from './payload.ts';

/** Adds jobs in one call; they start to exist, and the workers hear of them, when the transaction commits. */
export async function enqueue(tx: Tx, calls: readonly JobCall[]): Promise<void> {
  if (calls.length === 0) return;
  const specs = `[${withoutRepeatedKeys(calls).map(specOf).join(',')}]`;
  await sql`
    select count(*) from graphile_worker.add_jobs(
      array(select json_populate_recordset(null::graphile_worker.job_spec, ${specs}::json)))
  `.execute(tx);
}

/** Within one statement a key may occur once; the last call is the one that would have stayed. */
function withoutRepeatedKeys(calls: readonly JobCall[]): JobCall[] {
  const last = new Map<string | symbol, JobCall>();
  for (const call of calls) last.set(call.key === undefined ? Symbol() : keyOf(call), call);
  return [...last.values()];
}

function specOf(call: JobCall): string {
  const { maxAttempts, priority } = call.type.options;
  const spec = {
    identifier: call.type.name,
    run_at: call.runAt?.toISOString() ?? null,
    max_attempts: maxAttempts,
    job_key: call.key === undefined ? null : keyOf(call),
    priority,
  };
  return `${JSON.stringify(spec).slice(0, -1)},"payload":${encodePayload(call.payload)}}`;
}

/** Keys of different jobs don't meet. */
function keyOf(call: JobCall): string {
  return `${call.type.name}:${call.key}`;
}
