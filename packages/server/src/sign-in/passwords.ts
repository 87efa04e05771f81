import { hash, verify } from '@node-rs/argon2';

// OWASP's floor for argon2id: 19 MiB, two passes, one lane. Hashing runs on the library's own threads.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

const MIN_LENGTH = 8;
const MAX_LENGTH = 1024;

/** What is wrong with a password, or undefined. */
export function passwordProblem(password: string): string | undefined {
  if (password.length < MIN_LENGTH) return `A password needs at least ${MIN_LENGTH} characters`;
  if (password.length > MAX_LENGTH) return `A password has at most ${MAX_LENGTH} characters`;
  return undefined;
}

/** Argon2id hash in PHC string form. */
export async function hashPassword(password: string): Promise<string> {
  return await hash(password, COST);
}

let decoy: Promise<string> | undefined;

/** Whether the password is right. A user without one costs the same time as a wrong guess. */
export async function checkPassword(stored: string | null, password: string): Promise<boolean> {
  if (password.length > MAX_LENGTH) return false;
  decoy ??= hashPassword('no user has this password');
  const matches = await verify(stored ?? (await decoy), password);
  return stored !== null && matches;
}
