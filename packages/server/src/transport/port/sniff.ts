// What a fresh connection speaks, told by its first bytes, which are put back for whoever takes the socket.
import type { Socket } from 'node:net';

export type Protocol = 'tls' | 'http2' | 'http1';

/** No HTTP/1 request starts like this, so four bytes would do; all of it tells garbage from HTTP/2. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const TLS_HANDSHAKE = 0x16;

/** Undefined while the bytes so far fit more than one protocol. */
export function classify(head: Buffer): Protocol | undefined {
  if (head[0] === TLS_HANDSHAKE) return 'tls';
  const seen = Math.min(head.length, PREFACE.length);
  if (PREFACE.compare(head, 0, seen, 0, seen) !== 0) return 'http1';
  return head.length >= PREFACE.length ? 'http2' : undefined;
}

/** Ends the connection when it doesn't say what it is in time. */
export function sniff(socket: Socket, timeoutMs: number, done: (protocol: Protocol) => void): void {
  const chunks: Buffer[] = [];
  const leave = (): void => {
    clearTimeout(timer);
    socket.off('readable', onReadable);
    socket.off('end', onEnd);
    socket.off('close', leave);
  };
  const onEnd = (): void => {
    leave();
    socket.destroy();
  };
  const onReadable = (): void => {
    // Kept here until all is known: a chunk put back early would be announced again at once, without end.
    for (let chunk: Buffer | null = socket.read(); chunk; chunk = socket.read()) chunks.push(chunk);
    const head = Buffer.concat(chunks);
    const protocol = head.length > 0 ? classify(head) : undefined;
    if (!protocol) return;
    leave();
    socket.unshift(head);
    // A tick later the socket has forgotten that it was read by hand. Before, it would start to flow by itself, and
    // HTTP/1 would take in whole bodies that nobody reads.
    process.nextTick(done, protocol);
  };
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  socket.on('readable', onReadable);
  socket.on('end', onEnd);
  socket.on('close', leave);
}
