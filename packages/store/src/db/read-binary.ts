// Rows in the binary form of COPY: the driver reads everything else as text, which for vectors is twice the bytes and ten
// times the work.
import { type RawBuilder, sql } from 'kysely';
import type pg from 'pg';
import { type Db, inner } from './db.ts';
import { explain } from './failures.ts';

/** A value as the server sends it: big-endian numbers, and bytes as they are. Valid until the next row. */
export type Field = Buffer | null;

/** "PGCOPY\n\xff\r\n\0", flags and the length of an extension that there is none of. */
const HEADER_BYTES = 19;

class BinaryQuery implements pg.Submittable {
  readonly #text: string;
  readonly #onRow: (fields: Field[]) => void;
  readonly #settle: (error?: Error) => void;
  #failure: Error | undefined;
  #begun = false;

  constructor(text: string, onRow: (fields: Field[]) => void, settle: (error?: Error) => void) {
    this.#text = text;
    this.#onRow = onRow;
    this.#settle = settle;
  }

  submit(connection: pg.Connection): void {
    connection.query(this.#text);
  }

  /** The server sends the header with the first row, and then a row at a time. */
  handleCopyData({ chunk }: { chunk: Buffer }): void {
    const start = this.#begun ? 0 : HEADER_BYTES;
    this.#begun = true;
    if (this.#failure || chunk.length < start + 2) return;
    const count = chunk.readInt16BE(start);
    if (count < 0) return; // the trailer
    try {
      this.#onRow(fieldsOf(chunk, start + 2, count));
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#settle(this.#failure);
  }

  handleError(error: Error): void {
    this.#settle(error);
  }
}

function fieldsOf(row: Buffer, start: number, count: number): Field[] {
  const fields: Field[] = [];
  for (let i = 0, at = start; i < count; i += 1) {
    const size = row.readInt32BE(at);
    at += 4;
    fields.push(size < 0 ? null : row.subarray(at, at + size));
    at += Math.max(0, size);
  }
  return fields;
}

/** The rows of a query without parameters: COPY takes none, so it may hold nothing that a caller chose. */
export async function readBinary(
  db: Db,
  query: RawBuilder<unknown>,
  onRow: (fields: Field[]) => void,
): Promise<void> {
  const { sql: text, parameters } = sql`copy (${query}) to stdout (format binary)`.compile(db);
  if (parameters.length > 0) throw new Error('COPY takes no parameters');
  const client = await db[inner].connect();
  try {
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error) => (error ? reject(error) : resolve());
      client.query(new BinaryQuery(text, onRow, settle));
    });
  } catch (error) {
    throw explain(error);
  } finally {
    // The pool looks whether it is still of use.
    client.release();
  }
}
