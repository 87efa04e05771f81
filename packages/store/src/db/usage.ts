import type { Db } from './db.ts';

export interface Usage {
  readonly requestId: string;
  /** Which part of the request, where it uses several models. */
  readonly ordinal?: number;
  readonly userKey: bigint;
  readonly appKey: bigint | null;
  readonly modelVersion: bigint | null;
  readonly operation: 'predict' | 'search';
  /** Of outputs, or of searches. */
  readonly quantity: number;
}

/** Notes the use that one request made; the same request again adds nothing. */
export async function insertUsage(db: Db, usage: Usage): Promise<void> {
  if (usage.quantity === 0) return;
  await db
    .insertInto('usage_records')
    .values({
      request_id: usage.requestId,
      ordinal: usage.ordinal ?? 0,
      user_key: usage.userKey,
      app_key: usage.appKey,
      model_version: usage.modelVersion,
      operation: usage.operation,
      quantity: BigInt(usage.quantity),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
