// ONE port. Each connection is told apart before any server sees it: HTTP/1.1 and HTTP/2, in clear text or under TLS.
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { type Protocol, sniff } from './sniff.ts';

export interface TlsFiles {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

export interface PortOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tls?: TlsFiles | undefined;
  readonly maxConnections: number;
  /** Until a connection has said what it speaks, TLS included. */
  readonly handshakeMs: number;
  onHttp1(socket: Socket): void;
  onHttp2(socket: Socket): void;
}

export interface Port {
  readonly address: AddressInfo;
  /** Where clients on this machine find it. */
  readonly url: string;
  readonly connections: number;
  /** Takes no new connections; those who haven't said anything yet are let go. */
  stop(): void;
  /** Ends what is left. */
  destroy(): void;
}

export async function openPort(options: PortOptions): Promise<Port> {
  const open = new Set<Socket>();
  const unknown = new Set<Socket>();
  const secure = options.tls ? createTls(options, options.tls) : undefined;

  const server = net.createServer({
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  });
  server.maxConnections = options.maxConnections;
  server.on('connection', (socket) => {
    open.add(socket);
    unknown.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      unknown.delete(socket);
    });
    // A broken connection closes; without a listener its error would end the process.
    socket.on('error', () => {});
    sniff(socket, options.handshakeMs, (protocol) => {
      unknown.delete(socket);
      hand(protocol, socket);
    });
  });

  function hand(protocol: Protocol, socket: Socket): void {
    if (!secure) {
      if (protocol === 'tls') socket.destroy();
      else handPlain(options, protocol, socket);
    } else if (protocol === 'tls') secure.emit('connection', socket);
    else if (protocol === 'http1') refuseClearText(socket, options.handshakeMs);
    else socket.destroy();
  }

  await bind(server, options);
  // A TCP server's address is never a pipe name, and it is bound.
  const address = server.address() as AddressInfo;
  return {
    address,
    url: `${secure ? 'https' : 'http'}://${reachableHost(address)}:${address.port}`,
    get connections() {
      return open.size;
    },
    stop: () => {
      server.close();
      for (const socket of unknown) socket.destroy();
    },
    destroy: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

const NEEDS_TLS = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: text/plain',
  'Connection: close',
  'Content-Length: 33',
  '',
  'This port speaks HTTPS, not HTTP.',
].join('\r\n');

/** Says why, and lets go once that was read. */
function refuseClearText(socket: Socket, patienceMs: number): void {
  socket.setTimeout(patienceMs, () => socket.destroy());
  socket.resume();
  socket.end(NEEDS_TLS);
}

function handPlain(options: PortOptions, protocol: 'http1' | 'http2', socket: Socket): void {
  if (protocol === 'http1') options.onHttp1(socket);
  else options.onHttp2(socket);
}

function createTls(options: PortOptions, files: TlsFiles): tls.Server {
  const secure = tls.createServer({
    ...files,
    ALPNProtocols: ['h2', 'http/1.1'],
    minVersion: 'TLSv1.2',
    handshakeTimeout: options.handshakeMs,
  });
  secure.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    handPlain(options, socket.alpnProtocol === 'h2' ? 'http2' : 'http1', socket);
  });
  secure.on('tlsClientError', (_error, socket) => socket.destroy());
  return secure;
}

function bind(server: Server, { host, port }: PortOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port }, () => {
      server.off('error', reject);
      // Running out of file handles must not end the process; the connection is lost, the next one may succeed.
      server.on('error', () => {});
      resolve();
    });
  });
}

function reachableHost({ address, family }: AddressInfo): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return family === 'IPv6' ? `[${address}]` : address;
}
