import { expect, test } from 'vitest';
import { decodeBmp, readBmpHeader } from './bmp.ts';
import { mediaPath, parseMediaPath } from './media-path.ts';
import { readMp3 } from './mp3.ts';
import { sniff, sniffAs } from './sniff.ts';
import { countChars, readText } from './text.ts';
import { readWav } from './wav.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test.each([
  ['\xff\xd8\xff\xe0', 'JPEG'],
  ['GIF89a', 'GIF'],
  ['RIFF\x10\0\0\0WEBPVP8 ', 'WEBP'],
  ['II*\0\x08\0\0\0', 'TIFF'],
  ['BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0', 'BMP'],
  ['\0\0\0\x18ftypmp42', 'mp4'],
  ['\0\0\0\x14ftypqt  ', 'mov'],
  ['\0\0\0\x14ftyp3gp4', '3gpp'],
  ['\0\0\0\x08wide\0\0\0\0mdat', 'mov'],
  ['RIFF\x10\0\0\0AVI LIST', 'avi'],
  ['\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9', 'wmv'],
  ['\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm', 'webm'],
  ['RIFF\x10\0\0\0WAVEfmt ', 'wav'],
  ['ID3\x04\0\0\0\0\0\0', 'mp3'],
  ['\xff\xfb\x90\x64', 'mp3'],
])('%j is %s', (head, format) => {
  expect(sniff(bytes(head))?.format).toBe(format);
});

test.each([
  '',
  'hello',
  'BMW is a maker of cars',
  '<svg xmlns="http://www.w3.org/2000/svg"/>',
  '%PDF-1.7',
  '\0\0\0\x18ftypM4A ',
  '\0\0\0\x18ftypheic',
  '\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska',
  '#EXTM3U\nfile:///etc/passwd',
])('%j is nothing that is taken', (head) => {
  expect(sniff(bytes(head))).toBeUndefined();
});

test('a GIF may stand as a video, an image as an image only', () => {
  expect(sniffAs('video', bytes('GIF89a'))).toMatchObject({ kind: 'video', format: 'gif' });
  expect(sniffAs('image', bytes('GIF89a'))).toMatchObject({ kind: 'image', format: 'GIF' });
  expect(sniffAs('video', bytes('\xff\xd8\xff\xe0'))).toBeUndefined();
});

function wav(seconds: number, dataSize?: number): Uint8Array {
  const rate = 8000;
  const file = Buffer.alloc(44 + seconds * rate * 2);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(dataSize ?? file.length - 44, 40);
  return file;
}

test('a WAV file tells its rate and length, also when its writer was cut off', () => {
  const facts = { sampleRate: 8000, seconds: 2, bitRate: 128_000 };
  expect(readWav(wav(2))).toEqual(facts);
  expect(readWav(wav(2, 0))).toEqual(facts);
  expect(readWav(wav(2, 0xffffffff))).toEqual(facts);
  expect(readWav(wav(2).subarray(0, 40))).toBeUndefined();
});

/** Frames of 128 kbit/s at 44.1 kHz: 417 bytes and 1152 samples each. */
function mp3(frames: number): Uint8Array {
  const file = Buffer.alloc(417 * frames);
  for (let at = 0; at < file.length; at += 417) file.set([0xff, 0xfb, 0x90, 0x64], at);
  return file;
}

test('an MP3 file is walked frame by frame, behind its tag', () => {
  const tag = Buffer.concat([bytes('ID3\x04\0\0\0\0\x01\x00'), Buffer.alloc(128)]);
  for (const file of [mp3(100), Buffer.concat([tag, mp3(100)])]) {
    const facts = readMp3(file);
    expect(facts?.sampleRate).toBe(44_100);
    expect(facts?.seconds).toBeCloseTo(2.612, 2);
  }
  expect(
    readMp3(Buffer.concat([bytes('ID3\x04\0\0\0\0\0\0'), Buffer.alloc(5000, 'x')])),
  ).toBeUndefined();
});

function bmp(topDown = false): Uint8Array {
  const file = Buffer.alloc(54 + 2 * 8);
  file.write('BM', 0, 'latin1');
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(2, 18);
  file.writeInt32LE(topDown ? -2 : 2, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  // Blue and green, then red and white, each row filled up to eight bytes.
  file.set([255, 0, 0, 0, 255, 0], 54);
  file.set([0, 0, 255, 255, 255, 255], 62);
  return file;
}

test('a bitmap is read from below unless it says otherwise', () => {
  const upwards = bmp();
  const header = readBmpHeader(upwards);
  expect(header).toMatchObject({ width: 2, height: 2, depth: 24 });
  const red = [255, 0, 0];
  const blue = [0, 0, 255];
  if (!header) throw new Error('no header');
  expect([...decodeBmp(upwards, header).data.subarray(0, 3)]).toEqual(red);
  const downwards = bmp(true);
  const second = readBmpHeader(downwards);
  if (!second) throw new Error('no header');
  expect([...decodeBmp(downwards, second).data.subarray(0, 3)]).toEqual(blue);
  expect(readBmpHeader(upwards.subarray(0, 60))).toBeUndefined();
});

test('text is UTF-8, or UTF-16 with a mark; anything else is no text', () => {
  expect(readText(Buffer.from('grün'))).toEqual({ text: 'grün', encoding: 'UTF-8' });
  const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('grün', 'utf16le')]);
  expect(readText(wide)).toEqual({ text: 'grün', encoding: 'UTF-16' });
  expect(readText(Buffer.from([0x67, 0xfc]))).toBeUndefined();
  expect(readText(Buffer.from('a\0b'))).toBeUndefined();
  expect(countChars('né😀')).toBe(3);
});

test('a media path can be read back, whatever the id', () => {
  for (const inputId of ['i1', 'Ünï cødé?.png', 'a%2Fb', '100%']) {
    const address = { size: 'orig', userId: 'u', appId: 'a', kind: 'image', inputId } as const;
    expect(parseMediaPath(mediaPath(address))).toEqual(address);
  }
});

test.each([
  '/media/orig/users/u/apps/a/inputs/image',
  '/media/huge/users/u/apps/a/inputs/image/i',
  '/media/orig/users/u/apps/a/inputs/pdf/i',
  '/media/orig/users/u/apps/a/inputs/image/i/more',
  '/media/orig/users/u/apps/a/inputs/image/%E0%A4%A',
  '/other/orig/users/u/apps/a/inputs/image/i',
])('%s is no media path', (path) => {
  expect(parseMediaPath(path)).toBeUndefined();
});
