/** Entry of the thread that owns the index: started by `client.ts`, never imported. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type pg from 'pg';
import type { GraphOptions } from '../zvec/graphs.ts';
import { Owner, type Report } from './owner.ts';
import { errorData, type Message, type Request } from './protocol.ts';
import { waitingRows } from './waiting-rows.ts';

export interface OwnerData {
  readonly folder: string;
  readonly graphs: GraphOptions | undefined;
  readonly database: pg.PoolConfig | undefined;
}

async function serve(port: MessagePort, { folder, graphs, database }: OwnerData): Promise<void> {
  const post = (message: Message) => port.postMessage(message);
  const report: Report = (event, space, reason) => post({ event, space, reason });
  const owner = new Owner({ folder, report, graphs, rows: database && waitingRows(database) });
  await owner.start(); // messages wait in the port until there is a listener
  port.on('message', async (request: Request) => {
    const { id } = request;
    try {
      post({ event: 'done', id, value: await owner.handle(request) });
    } catch (error) {
      post({ event: 'failed', id, error: errorData(error) });
    }
    if (request.op === 'close') port.close();
  });
}

if (parentPort) await serve(parentPort, workerData as OwnerData);
