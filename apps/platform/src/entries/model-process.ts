import { runModelProcess } from '@limpid/runner/process/main';

await runModelProcess();
