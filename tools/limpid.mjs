#!/usr/bin/env node
// The `limpid` command: builds what is out of date, then becomes it.
import { ensureBuilt, limpid } from './build.mjs';

await ensureBuilt({ quiet: true });
process.argv[1] = limpid;
await import(limpid);
