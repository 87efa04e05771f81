// Run as a process of its own by tests that kill it: starts Postgres on the folder given and says when it is there.
import { silentLog } from '../log.ts';
import { startPostgres } from './start.ts';

const [dataDir = ''] = process.argv.slice(2);
const postgres = await startPostgres({ dataDir, log: silentLog });
console.log(JSON.stringify({ pid: postgres.pid, socketDir: postgres.socketDir }));
