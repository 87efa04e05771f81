// Runs the black-box suites of acceptance/ against a platform and counts their tests.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root, run } from '../shell.mjs';
import { none } from './results.mjs';

/** Where a suite finds the platform. */
export function suiteEnvironment(platform, users) {
  return {
    ...process.env,
    LIMPID_TEST_URL: platform.url,
    LIMPID_TEST_CREDENTIALS: platform.credentials,
    LIMPID_TEST_STRANGER: users.stranger,
    LIMPID_TEST_SWEEPER: users.sweeper,
    // The clients must never find an instance other than the one under test.
    CLARIFAI_API_BASE: platform.url,
  };
}

export async function runNodeSuites(folders, env) {
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith('.suite.mjs'))
      .map((name) => path.join(folder, name)),
  );
  return await counted('node', (report) => {
    const reporters = [
      ['--test-reporter=spec', '--test-reporter-destination=stdout'],
      [
        `--test-reporter=${path.join(root, 'tools/rig/count-reporter.mjs')}`,
        `--test-reporter-destination=${report}`,
      ],
    ];
    return run(process.execPath, ['--test', ...reporters.flat(), ...files], { env });
  });
}

export async function runPytest(python, folders, env) {
  const args = [
    '-m',
    'pytest',
    '-q',
    '-p',
    'no:cacheprovider',
    '-p',
    'limpid_count',
    '-c',
    'acceptance/python/pytest.ini',
  ];
  return await counted('pytest', (report) =>
    run(python, [...args, ...folders], {
      env: {
        ...env,
        LIMPID_TEST_REPORT: report,
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONPATH: path.join(root, 'acceptance/python'),
      },
    }),
  );
}

/** The totals that a runner wrote; a runner that fails without a failed test is one failure. */
async function counted(name, start) {
  const folder = mkdtempSync(path.join(tmpdir(), 'limpid-report-'));
  const report = path.join(folder, 'totals.json');
  const code = await start(report);
  const totals = readTotals(report);
  rmSync(folder, { recursive: true });
  const bad = totals.failed + totals.skipped;
  if (code !== 0 && bad === 0) {
    console.error(`${name} ended with exit code ${code}`);
    return { ...totals, failed: 1 };
  }
  return totals;
}

function readTotals(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8').trim().split('\n').at(-1));
  } catch {
    return { ...none, failed: 1 };
  }
}
