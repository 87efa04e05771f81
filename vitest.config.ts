import { defineConfig } from 'vitest/config';

const everywhere = [
  'packages/*/src/**',
  'packages/*/test/**',
  'apps/*/src/**',
  'apps/*/test/**',
  'tools/**',
];
const shared = {
  allowOnly: false,
  setupFiles: ['./packages/testkit/src/leaks.ts'],
  // Processes, not threads: native addons and `process` state stay apart.
  pool: 'forks' as const,
  maxWorkers: 2,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // Generous: a poll ends as soon as its condition holds, and machines under load are slow.
  expect: { poll: { timeout: 15_000, interval: 20 } },
};

export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: everywhere.map((folder) => `${folder}/*.test.{ts,mjs}`),
          exclude: ['**/node_modules/**', '**/*.db.test.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'db',
          include: everywhere.map((folder) => `${folder}/*.db.test.ts`),
          exclude: ['**/node_modules/**'],
          // Runs only where one of this project's files does.
          globalSetup: ['./packages/testkit/src/postgres.ts'],
        },
      },
    ],
  },
});
