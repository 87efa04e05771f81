import { expect, test } from 'vitest';
import { type FrameRequest, frameWindow, searchLimits, streamLimits } from './frame-window.ts';

const none: FrameRequest = {
  frameNumberStart: 0,
  frameTimeStart: 0n,
  maxFrames: 0,
  maxDuration: 0n,
};
const windowOf = (request: Partial<FrameRequest>, limits = searchLimits) => {
  const { numbers, times } = frameWindow({ ...none, ...request }, limits);
  return [numbers && [numbers.from, numbers.to], times && [times.from, times.to]];
};

test.each<[string, Partial<FrameRequest>, unknown]>([
  [
    'neither',
    {},
    [
      [0n, 60n],
      [0n, 3000n],
    ],
  ],
  ['the first frame', { frameNumberStart: 5 }, [[5n, 65n], undefined]],
  ['so many frames', { frameNumberStart: 5, maxFrames: 3 }, [[5n, 8n], undefined]],
  ['frames from the start', { maxFrames: 3 }, [[0n, 3n], undefined]],
  ['a time', { frameTimeStart: 1000n }, [undefined, [1000n, 4000n]]],
  [
    'a time from an older client',
    { frameTimeStart: 1000, maxDuration: 5 },
    [undefined, [1000n, 1005n]],
  ],
  ['a stretch of time from the start', { maxDuration: 100n }, [undefined, [0n, 100n]]],
  [
    'both',
    { maxFrames: 2, maxDuration: 100n },
    [
      [0n, 2n],
      [0n, 100n],
    ],
  ],
])('who asks by %s', (_, request, expected) => {
  expect(windowOf(request)).toEqual(expected);
});

test('a stream goes further, and neither beyond its limit', () => {
  expect(windowOf({}, streamLimits)).toEqual([
    [0n, 216_000n],
    [0n, 3_600_000n],
  ]);
  expect(windowOf({ maxFrames: 61 }, streamLimits)[0]).toEqual([0n, 61n]);
  expect(() => windowOf({ maxFrames: 61 })).toThrow('max_frames cannot exceed 60');
  expect(() => windowOf({ maxDuration: 3001n })).toThrow('max_duration cannot exceed 3000');
});
