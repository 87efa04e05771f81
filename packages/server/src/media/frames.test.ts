import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StatusCode } from '@limpid/wire';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { findFfmpeg } from './find-ffmpeg.ts';
import { splitJpegs } from './frames.ts';
import { openMediaTools } from './tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'limpid-frames-'));
afterAll(() => rmSync(folder, { recursive: true }));
const tools = await openMediaTools({ scratchFolder: join(folder, 'scratch') });
const { signal } = new AbortController();

/** A video whose grey is 20 × the time in seconds, so that a picture tells when it was shown. */
function clock(name: string, seconds: number, rate = 25): string {
  const file = join(folder, name);
  const source = `color=black:size=64x48:rate=${rate}:duration=${seconds},format=yuv420p,geq=lum='16+20*T*219/255':cb=128:cr=128`;
  execFileSync(findFfmpeg() ?? '', ['-y', '-v', 'error', '-f', 'lavfi', '-i', source, file]);
  return file;
}

async function shownAt(pictures: readonly Buffer[]): Promise<number[]> {
  const greys = pictures.map(async (jpeg) => (await sharp(jpeg).stats()).channels[0]?.mean ?? 0);
  return (await Promise.all(greys)).map((grey) => Math.round((grey / 20) * 10) / 10);
}

function near(times: readonly number[], wanted: readonly number[]): void {
  expect(times).toHaveLength(wanted.length);
  // The codec and its narrow range of greys blur the clock a little, and a GIF has few of them.
  for (const [index, time] of times.entries()) {
    expect(Math.abs(time - (wanted[index] ?? 0))).toBeLessThanOrEqual(0.4);
  }
}

const long = clock('long.mp4', 10);

test.each([
  [2000, [1, 3, 5, 7, 9]],
  [1000, [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]],
  [4000, [2, 6, 10]],
] as const)('every %i ms gives the picture in the middle', async (everyMs, wanted) => {
  const pictures = await tools.framesOfVideo(long, 'mp4', { everyMs, most: 600 }, signal);
  near(await shownAt(pictures), wanted);
});

test('a GIF is a video too', async () => {
  const gif = clock('clock.gif', 4, 10);
  const pictures = await tools.framesOfVideo(gif, 'gif', { everyMs: 1000, most: 600 }, signal);
  near(await shownAt(pictures), [0.5, 1.5, 2.5, 3.5]);
});

test('a video shorter than half of the distance gives one picture', async () => {
  const pictures = await tools.framesOfVideo(
    clock('short.mp4', 0.2),
    'mp4',
    { everyMs: 10_000, most: 600 },
    signal,
  );
  expect(pictures).toHaveLength(1);
});

test('more pictures than may be are refused, and so is what is no video', async () => {
  const sampling = { everyMs: 1000, most: 9 };
  await expect(tools.framesOfVideo(long, 'mp4', sampling, signal)).rejects.toMatchObject({
    code: StatusCode.INPUT_VIDEO_OVER_LIMIT,
    details: 'one frame in 1000 ms makes more than 9 frames: raise sample_ms',
  });
  const broken = join(folder, 'broken.mp4');
  writeFileSync(broken, Buffer.alloc(5000, 7));
  await expect(tools.framesOfVideo(broken, 'mp4', sampling, signal)).rejects.toMatchObject({
    code: StatusCode.INPUT_VIDEO_DOWNLOAD_FAILED,
  });
});

test('a picture that holds the bytes of an end is not cut there', async () => {
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 6, 0xff, 0xd9, 0xff, 0xd9])]);
  const plain = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#a31' } })
    .jpeg()
    .toBuffer();
  const tricky = Buffer.concat([plain.subarray(0, 2), comment, plain.subarray(2)]);
  expect(splitJpegs(Buffer.concat([tricky, plain]))).toEqual([tricky, plain]);
});
