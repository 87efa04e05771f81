import { expect, test } from 'vitest';
import type { Logger } from '../logger.ts';
import { CallLog } from './call-log.ts';

function createParent(debug: boolean) {
  const lines: unknown[] = [];
  let children = 0;
  const write = (above: object) => (fields: object, text?: string) =>
    void lines.push({ ...above, ...fields, text });
  const create = (above: object): Logger => ({
    debug: write(above),
    info: write(above),
    warn: write(above),
    error: write(above),
    isLevelEnabled: () => debug,
    child: (fields) => {
      children += 1;
      return create({ ...above, ...fields });
    },
  });
  return { log: create({}), lines, children: () => children };
}

test('a line has the fields of its call', () => {
  const { log, lines } = createParent(true);
  const call = new CallLog(log, { rpc: 'GetApp' });
  call.debug({ code: 1 }, 'call');
  call.child({ more: true }).error({});
  expect(lines).toEqual([
    { rpc: 'GetApp', code: 1, text: 'call' },
    { rpc: 'GetApp', more: true, text: undefined },
  ]);
});

test('a call that writes nothing costs nothing', () => {
  const { log, lines, children } = createParent(false);
  const call = new CallLog(log, { rpc: 'GetApp' });
  call.debug({ code: 1 }, 'call');
  expect([lines, children()]).toEqual([[], 0]);
  call.warn({});
  call.info({});
  expect([lines.length, children()]).toEqual([2, 1]);
});
