// COPY over the driver's connection: rows as one stream of text, in either direction, without the server's own tools.
import { once } from 'node:events';
import { Readable } from 'node:stream';
import type pg from 'pg';

/** The driver's connection, with the calls that its types leave out. */
interface CopyConnection extends pg.Connection {
  sendCopyFromChunk(chunk: Uint8Array): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/** What the driver tells the query that is running. */
abstract class CopyQuery implements pg.Submittable {
  readonly #text: string;
  #rows = 0;

  constructor(text: string) {
    this.#text = text;
  }

  submit(connection: pg.Connection): void {
    connection.query(this.#text);
  }

  handleCommandComplete(message: { text: string }): void {
    this.#rows = Number(/^COPY (\d+)/.exec(message.text)?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    this.finish(this.#rows);
  }

  handleError(error: Error): void {
    this.fail(error);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFail('nothing to send');
  }

  handleCopyData(_message: { chunk: Buffer }, _connection: pg.Connection): void {}

  protected abstract finish(rows: number): void;
  protected abstract fail(error: Error): void;
}

export interface CopyOut {
  readonly stream: Readable;
  /** Known when the stream has ended. */
  rows(): number;
}

/** Runs `COPY … TO STDOUT`. A slow reader holds the server back. */
export function copyOut(client: pg.Client, text: string): CopyOut {
  let count = 0;
  let connection: pg.Connection | undefined;
  const stream = new Readable({ read: () => connection?.stream.resume() });
  class Out extends CopyQuery {
    override submit(using: pg.Connection): void {
      connection = using;
      super.submit(using);
    }
    override handleCopyData({ chunk }: { chunk: Buffer }): void {
      // The driver reads the next message into the same memory, so what waits in the stream must be a copy.
      if (!stream.push(Buffer.from(chunk))) connection?.stream.pause();
    }
    protected finish(rows: number): void {
      count = rows;
      stream.push(null);
    }
    protected fail(error: Error): void {
      connection?.stream.resume();
      stream.destroy(error);
    }
  }
  client.query(new Out(text));
  return { stream, rows: () => count };
}

/** Runs `COPY … FROM STDIN` with what `source` gives; resolves to the number of rows. */
export function copyIn(
  client: pg.Client,
  text: string,
  source: AsyncIterable<Uint8Array>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let ended = false;
    class In extends CopyQuery {
      override handleCopyInResponse(connection: CopyConnection): void {
        send(connection, source, () => ended).catch((error: unknown) => {
          // The server then fails the query, but the reason is ours.
          reject(error);
          connection.sendCopyFail('the source failed');
        });
      }
      protected finish(rows: number): void {
        ended = true;
        resolve(rows);
      }
      protected fail(error: Error): void {
        ended = true;
        reject(error);
      }
    }
    client.query(new In(text));
  });
}

async function send(
  connection: CopyConnection,
  source: AsyncIterable<Uint8Array>,
  ended: () => boolean,
): Promise<void> {
  for await (const chunk of source) {
    // The server may refuse a row while more are on their way.
    if (ended()) return;
    connection.sendCopyFromChunk(chunk);
    if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain');
  }
  if (!ended()) connection.endCopyFrom();
}
