import { ModelError } from '../errors.ts';

/** Refuses member names that could leave the folder they are written to, on any platform. */
export function assertSafeMember(name: string): string {
  const bad =
    name === '' ||
    name.includes('\0') ||
    name.includes('\\') ||
    name.startsWith('/') ||
    /^[A-Za-z]:/.test(name) ||
    name.split('/').some((part) => part === '..' || part === '.' || part === '');
  if (bad) throw new ModelError('archive', `unsafe member name ${JSON.stringify(name)}`);
  return name;
}
