// Run as a process of its own by tests that kill it: holds a home until then.
import { openHome } from '../home.ts';

const [path = ''] = process.argv.slice(2);
try {
  await openHome(path);
  console.log('open');
  setInterval(() => undefined, 60_000);
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
}
