import type { MediaKind } from './media.ts';

export interface Sniffed {
  readonly kind: Exclude<MediaKind, 'text'>;
  readonly format: string;
  /** Content type. */
  readonly type: string;
}

/** How many leading bytes tell what something is. */
export const sniffBytes = 512;

const image = (format: string, type: string): Sniffed => ({ kind: 'image', format, type });
const video = (format: string, type: string): Sniffed => ({ kind: 'video', format, type });
const audio = (format: string, type: string): Sniffed => ({ kind: 'audio', format, type });

const gif = image('GIF', 'image/gif');

/** What the first bytes say. Names and declared types are never asked; unknown and unwanted formats are undefined. */
export function sniff(bytes: Uint8Array): Sniffed | undefined {
  const head = latin1(bytes.subarray(0, sniffBytes));
  const at = (start: number, text: string): boolean => head.startsWith(text, start);
  if (at(0, '\xff\xd8\xff')) return image('JPEG', 'image/jpeg');
  if (at(0, '\x89PNG\r\n\x1a\n')) return image('PNG', 'image/png');
  if (at(0, 'GIF87a') || at(0, 'GIF89a')) return gif;
  if (at(0, 'RIFF')) return riff(head.slice(8, 12));
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((mark) => at(0, mark))) {
    return image('TIFF', 'image/tiff');
  }
  // Two letters alone would take any text that begins so: the reserved words of the header are zero.
  if (at(0, 'BM') && at(6, '\0\0\0\0') && at(15, '\0\0\0')) return image('BMP', 'image/bmp');
  if (at(4, 'ftyp')) return isoMedia(head.slice(8, 12));
  if (['moov', 'mdat', 'wide', 'pnot'].some((atom) => at(4, atom))) {
    return video('mov', 'video/quicktime');
  }
  if (at(0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11')) return video('wmv', 'video/x-ms-wmv');
  if (at(0, '\x1a\x45\xdf\xa3')) {
    return head.includes('webm') ? video('webm', 'video/webm') : undefined;
  }
  if (at(0, 'ID3') || isMpegAudioFrame(bytes)) return audio('mp3', 'audio/mpeg');
  return undefined;
}

function riff(form: string): Sniffed | undefined {
  if (form === 'WEBP') return image('WEBP', 'image/webp');
  if (form === 'AVI ') return video('avi', 'video/x-msvideo');
  if (form === 'WAVE') return audio('wav', 'audio/wav');
  return undefined;
}

/** The brand of an ISO base media file: stills and pure sound have the same container. */
function isoMedia(brand: string): Sniffed | undefined {
  if (/^(heic|heix|heim|heis|hevc|hevx|mif1|msf1|avif|avis|M4A |M4B |M4P )$/.test(brand)) {
    return undefined;
  }
  if (brand.startsWith('3g')) return video('3gpp', 'video/3gpp');
  if (brand === 'qt  ') return video('mov', 'video/quicktime');
  return video('mp4', 'video/mp4');
}

/** The eleven set bits that begin a frame, in a layer III one with a real rate. */
function isMpegAudioFrame(bytes: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0] = bytes;
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return false;
  const layer = (second >> 1) & 3;
  return layer === 1 && ((second >> 3) & 3) !== 1 && third >> 4 !== 15 && ((third >> 2) & 3) !== 3;
}

/** What may stand as one kind of medium: its own formats, and a GIF also as a video. */
export function sniffAs(kind: Exclude<MediaKind, 'text'>, bytes: Uint8Array): Sniffed | undefined {
  const found = sniff(bytes);
  if (kind === 'video' && found === gif) return video('gif', 'image/gif');
  return found?.kind === kind ? found : undefined;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
