// HTTP/2 connections: windows for large messages, a watch for dead peers, a polite end.
import http2, {
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';

export interface SessionOptions {
  /** Streams that a client may hold open on one connection. */
  readonly maxStreams: number;
  /** What a client may send ahead on one stream, and on one connection. */
  readonly streamWindow: number;
  readonly connectionWindow: number;
  /** How often a silent peer is asked whether it still lives; one that misses a whole round is let go. */
  readonly pingMs: number;
}

const MB = 1024 * 1024;

export const defaultSessions: SessionOptions = {
  maxStreams: 4096,
  streamWindow: MB,
  connectionWindow: 32 * MB,
  pingMs: 45_000,
};

export interface Sessions {
  readonly server: Http2Server;
  readonly size: number;
  /** A connection that speaks HTTP/2, in clear text or under TLS. */
  take(socket: Socket): void;
  /** Asks every client to open no more streams here, and ends each connection after its last one. */
  drain(): void;
  destroy(): void;
}

export function createSessions(options: SessionOptions): Sessions {
  const open = new Set<ServerHttp2Session>();
  const server = http2.createServer({
    settings: {
      maxConcurrentStreams: options.maxStreams,
      initialWindowSize: options.streamWindow,
      // One event per frame: larger frames make large messages cheap.
      maxFrameSize: 256 * 1024,
      maxHeaderListSize: 32 * 1024,
      enablePush: false,
    },
    // Node refuses streams past its default of 10 MB a connection; flow control and the budgets bound memory instead.
    maxSessionMemory: 2048,
    ...resetLimits,
  });
  server.on('session', (session) => {
    open.add(session);
    session.once('close', () => open.delete(session));
    // A broken connection closes; without a listener its error would end the process.
    session.on('error', () => {});
    session.setLocalWindowSize(options.connectionWindow);
  });
  // The session hides its socket; who handed it over still has it.
  const take = (socket: Socket): void => {
    const watch = (session: ServerHttp2Session): void => {
      watchPeer(session, socket, options.pingMs);
      seeOff(session, socket);
    };
    server.once('session', watch);
    server.emit('connection', socket);
    server.off('session', watch);
  };
  return {
    server,
    take,
    get size() {
      return open.size;
    },
    drain: () => {
      // A call that was on its way meanwhile is refused as unprocessed, and clients send it again elsewhere.
      for (const session of open) session.close();
    },
    destroy: () => {
      for (const session of open) session.destroy();
    },
  };
}

/**
 * Streams that a client may cancel in a burst, and each second after it, before the connection counts as an attack: a
 * client that drops a thousand waiting calls is none. Missing in the type declarations.
 */
const resetLimits = { streamResetBurst: 8192, streamResetRate: 512 } as object;

/** Idle connections stay; only those whose peer neither sent nor answered for a whole round are ended. */
function watchPeer(session: ServerHttp2Session, socket: Socket, everyMs: number): void {
  let answered = true;
  let bytesAtPing = 0;
  const timer = setInterval(() => {
    if (session.destroyed || (!answered && socket.bytesRead === bytesAtPing)) {
      socket.destroy();
      return;
    }
    answered = false;
    bytesAtPing = socket.bytesRead;
    session.ping(() => {
      answered = true;
    });
  }, everyMs);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}

const FAREWELL_MS = 1000;

/**
 * Ends the connection of a peer that said goodbye, once its last stream is closed. Node means to, but can be left with
 * streams that are closed and never destroyed; as nothing is read after a goodbye, it doesn't see that the peer is gone
 * either, and the connection and its calls would stay for good.
 */
function seeOff(session: ServerHttp2Session, socket: Socket): void {
  const streams = new Set<ServerHttp2Stream>();
  session.on('stream', (stream) => {
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
  });
  session.once('goaway', () => {
    const timer = setInterval(() => {
      for (const stream of streams) if (!stream.closed) return;
      clearInterval(timer);
      socket.destroySoon();
    }, FAREWELL_MS);
    timer.unref();
    socket.once('close', () => clearInterval(timer));
  });
}
