import type { Http2Session } from 'node:http2';

// A session's socket stands behind a proxy that is slow to ask, and its address is gone with the connection.
const addresses = new WeakMap<Http2Session, string>();

export function peerOf(session: Http2Session | undefined): string {
  if (!session) return 'unknown';
  let address = addresses.get(session);
  if (address === undefined) {
    address = session.socket?.remoteAddress ?? 'unknown';
    addresses.set(session, address);
  }
  return address;
}
