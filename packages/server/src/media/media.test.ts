import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { MediaEntry } from '@limpid/domain/input/media';
import { StatusCode } from '@limpid/wire';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { findFfmpeg } from './find-ffmpeg.ts';
import { createLimiter } from './limiter.ts';
import { runProgram } from './run-program.ts';
import { openMediaTools } from './tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'limpid-media-'));
afterAll(() => rmSync(folder, { recursive: true }));
const tools = await openMediaTools({ scratchFolder: join(folder, 'scratch') });
const signal = new AbortController().signal;

/** Noise, so that nothing compresses into a few bytes. */
function picture(width: number, height: number, channels: 3 | 4 = 3) {
  const data = Buffer.alloc(width * height * channels);
  for (let at = 0; at < data.length; at += 1) data[at] = (at * 2654435761) >>> 24;
  return sharp(data, { raw: { width, height, channels } });
}

const entry = (init: Partial<MediaEntry>): MediaEntry => ({
  kind: 'image',
  blob: 'b',
  type: 'image/png',
  format: 'PNG',
  size: 1,
  ...init,
});

test.each([
  ['JPEG', () => picture(300, 200).jpeg().toBuffer(), 'RGB', false],
  ['PNG', () => picture(300, 200, 4).png().toBuffer(), 'RGBA', true],
  ['WEBP', () => picture(300, 200).webp().toBuffer(), 'RGB', false],
  ['TIFF', () => picture(300, 200).tiff().toBuffer(), 'RGB', false],
  ['JPEG', () => picture(300, 200).toColourspace('b-w').jpeg().toBuffer(), 'GRAY', false],
] as const)('%s tells its size and colours', async (format, make, colorMode, alpha) => {
  const facts = await tools.probeImage(await make(), format);
  expect(facts).toEqual({ width: 300, height: 200, colorMode, alpha });
});

test('a turned image keeps the size of its stored pixels, and its renditions say how to turn it', async () => {
  const bytes = await picture(300, 200).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  expect(await tools.probeImage(bytes, 'JPEG')).toMatchObject({ width: 300, height: 200 });
  const small = await tools.shrinkImage(bytes, entry({ format: 'JPEG' }), 30);
  expect(await sharp(small).metadata()).toMatchObject({ width: 30, height: 20, orientation: 6 });
});

test.each(['JPEG', 'PNG', 'WEBP', 'TIFF'] as const)('a truncated %s is refused', async (format) => {
  const name = format.toLowerCase() as 'jpeg' | 'png' | 'webp' | 'tiff';
  const bytes = await picture(300, 200).toFormat(name).toBuffer();
  const cut = bytes.subarray(0, Math.floor(bytes.length * 0.6));
  await expect(tools.probeImage(cut, format)).rejects.toMatchObject({
    code: StatusCode.INPUT_FAILED,
  });
});

test('an image of too many pixels is refused before it is decoded', async () => {
  const bomb = await picture(16, 16).png().toBuffer();
  bomb.writeUInt32BE(10_000, 16);
  bomb.writeUInt32BE(9_000, 20);
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
  await expect(tools.probeImage(bomb, 'PNG')).rejects.toMatchObject({
    code: StatusCode.INPUT_OVER_LIMIT,
  });
});

test('libvips reads nothing but the formats that are taken', async () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  await expect(tools.probeImage(svg, 'PNG')).rejects.toMatchObject({
    code: StatusCode.INPUT_FAILED,
  });
});

test('renditions are never enlarged, and keep transparency only where there is some', async () => {
  const png = await picture(300, 200, 4).png().toBuffer();
  const large = await tools.shrinkImage(png, entry({ alpha: true }), 1280);
  expect(await sharp(large).metadata()).toMatchObject({ format: 'png', width: 300, height: 200 });
  const tiny = await tools.shrinkImage(png, entry({ alpha: false }), 100);
  expect(await sharp(tiny).metadata()).toMatchObject({ format: 'jpeg', width: 100, height: 67 });
});

test('a bitmap is decoded by us', async () => {
  const bmp = Buffer.alloc(54 + 8 * 2);
  bmp.write('BM');
  bmp.writeUInt32LE(54, 10);
  bmp.writeUInt32LE(40, 14);
  bmp.writeInt32LE(2, 18);
  bmp.writeInt32LE(2, 22);
  bmp.writeUInt16LE(1, 26);
  bmp.writeUInt16LE(24, 28);
  expect(await tools.probeImage(bmp, 'BMP')).toMatchObject({ width: 2, height: 2 });
  const small = await tools.shrinkImage(bmp, entry({ format: 'BMP' }), 100);
  expect(await sharp(small).metadata()).toMatchObject({ format: 'jpeg', width: 2 });
  await expect(tools.probeImage(bmp.subarray(0, 60), 'BMP')).rejects.toMatchObject({
    code: StatusCode.INPUT_FAILED,
  });
});

const ffmpeg = findFfmpeg() ?? 'ffmpeg';

function makeVideo(name: string, ...args: string[]): string {
  const file = join(folder, name);
  const source = ['-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=10:duration=3'];
  execFileSync(ffmpeg, ['-v', 'error', ...source, '-pix_fmt', 'yuv420p', ...args, '-y', file]);
  return file;
}

test.each([
  ['a.mp4', 'mp4', []],
  ['a.mov', 'mov', []],
  ['a.avi', 'avi', []],
  ['a.webm', 'webm', ['-c:v', 'libvpx', '-b:v', '300k']],
  ['a.wmv', 'wmv', []],
] as const)('%s tells its length and gives a still', async (name, format, args) => {
  const file = makeVideo(name, ...args);
  const facts = await tools.probeVideo(file, format, signal);
  expect(facts).toMatchObject({ width: 320, height: 240, fps: 10, frames: 30 });
  expect(facts.seconds).toBeCloseTo(3, 0);
  const still = await tools.stillOfVideo(file, entry({ kind: 'video', format, ...facts }), signal);
  expect(await sharp(still).metadata()).toMatchObject({ format: 'jpeg', width: 320 });
});

test('a broken video, or a playlist in its place, is refused', async () => {
  const whole = readFileSync(makeVideo('b.mp4'));
  const cut = join(folder, 'cut.mp4');
  writeFileSync(cut, whole.subarray(0, 2000));
  const playlist = join(folder, 'list.mp4');
  writeFileSync(playlist, `#EXTM3U\n#EXTINF:1,\nfile://${join(folder, 'b.mp4')}\n`);
  for (const file of [cut, playlist]) {
    await expect(tools.probeVideo(file, 'mp4', signal)).rejects.toMatchObject({
      code: StatusCode.INPUT_VIDEO_DOWNLOAD_FAILED,
    });
  }
});

test('without ffmpeg a video is refused in words', async () => {
  const none = await openMediaTools({ scratchFolder: join(folder, 'none'), ffmpeg: '' });
  await expect(none.probeVideo('/nowhere', 'mp4', signal)).rejects.toMatchObject({
    code: StatusCode.INPUT_VIDEO_UNSUPPORTED_FORMAT,
    details: expect.stringContaining('ffmpeg'),
  });
});

test('a program is ended by its limits and by the caller', async () => {
  const limits = { seconds: 60, memoryBytes: 1e9, outputBytes: 1000, signal };
  const loud = await runProgram('/bin/sh', ['-c', 'while :; do echo yes; done'], limits);
  expect(loud.ended).toBe('output');
  const slow = await runProgram('/bin/sh', ['-c', 'exec sleep 60'], { ...limits, seconds: 0.1 });
  expect(slow.ended).toBe('time');
  const gone = AbortSignal.abort();
  const stopped = await runProgram('/bin/sh', ['-c', 'exec sleep 60'], { ...limits, signal: gone });
  expect(stopped.ended).toBe('aborted');
  await expect(runProgram('/no/such/program', [], limits)).resolves.toMatchObject({ code: 127 });
});

test('scratch files are removed, also those of a process that was killed', async () => {
  const scratch = join(folder, 'left');
  const first = await openMediaTools({ scratchFolder: scratch });
  let used = '';
  await first.scratch.withFile(async (path) => {
    used = path;
    writeFileSync(path, 'x');
  });
  expect(existsSync(used)).toBe(false);
  writeFileSync(join(scratch, 'orphan'), 'x');
  await openMediaTools({ scratchFolder: scratch });
  expect(readdirSync(scratch)).toEqual([]);
});

test('no more than the limit run at a time, and a failure gives its place back', async () => {
  const limit = createLimiter(2);
  let running = 0;
  let most = 0;
  const work = (fail: boolean) => async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
    if (fail) throw new Error('no');
  };
  const ends = await Promise.allSettled([0, 1, 2, 3, 4, 5].map((n) => limit(work(n % 2 === 0))));
  expect(most).toBe(2);
  expect(ends.filter((end) => end.status === 'rejected')).toHaveLength(3);
});
