#!/usr/bin/env node
// npm leaves an optional dependency that its registry could not serve out of the lock file and `npm ci`
// then calls the lock out of sync. This adds an entry for each; with --check it only reports.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const PLATFORM = /(linux|darwin|win32|freebsd|android|openbsd|netbsd|sunos|aix|openharmony)/;
const ARCH = /(x64|arm64|ia32|arm|ppc64|s390x|riscv64|loong64|mips64el)/;
const missing = [];
for (const [where, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = where ? `${where}/node_modules/${name}` : `node_modules/${name}`;
    if (lock.packages[nested] ?? lock.packages[`node_modules/${name}`]) continue;
    if (!/^\d/.test(version)) continue;
    const os = name.match(PLATFORM)?.[0];
    const cpu = name.replace(PLATFORM, '').match(ARCH)?.[0];
    const libc = name.includes('musl') ? ['musl'] : undefined;
    missing.push(name);
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(cpu && { cpu: [cpu] }),
      ...(libc && { libc }),
      optional: true,
      ...(os && { os: [os] }),
    };
  }
}
if (process.argv.includes('--check')) {
  if (missing.length)
    console.error(
      `package-lock.json lacks ${missing.join(', ')}: run node tools/complete-lock.mjs`,
    );
  process.exit(missing.length ? 1 : 0);
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)),
);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`added ${missing.length}: ${missing.join(', ')}`);
