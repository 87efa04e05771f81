// The platform under test, as every Node suite sees it: through its address and credentials only.
import { readFileSync } from 'node:fs';

export const url = process.env.LIMPID_TEST_URL;
export const address = url?.replace(/^http:\/\//, '');

function readAccount(variable) {
  const file = process.env[variable];
  if (!file)
    throw new Error(
      `${variable} names no credentials file: run the suites with npm run acceptance`,
    );
  return JSON.parse(readFileSync(file, 'utf8'));
}

export const owner = readAccount('LIMPID_TEST_CREDENTIALS');
export const stranger = readAccount('LIMPID_TEST_STRANGER');
