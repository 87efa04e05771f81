// Server streaming over REST: a JSON object a line, or server-sent events for those who ask for them.
import type { ServerResponse } from 'node:http';
import type { Message } from '@bufbuild/protobuf';
import { encodeJson, statusInfo } from '@limpid/wire';
import { codeOf } from '../../rpc/respond.ts';
import { dropUnfetched } from './answer.ts';
import type { RestCall } from './serve.ts';

/** Resolves with the last message. HTTP's status is that of the first one: later ones come too late for it. */
export async function streamAnswers(
  call: RestCall,
  answers: AsyncIterable<Message>,
  counted: { bytesOut: number },
): Promise<Message | undefined> {
  const { request, reply, method, signal } = call;
  const events = (request.headers.accept ?? '').includes('text/event-stream');
  const { raw } = reply;
  let last: Message | undefined;
  for await (last of answers) {
    if (signal.aborted) break;
    if (!raw.headersSent) begin(call, statusInfo(codeOf(last)).http, events);
    const json = encodeJson(method.desc.output, last);
    const chunk = Buffer.from(events ? `data: ${json}\n\n` : `${json}\n`);
    counted.bytesOut += chunk.length;
    if (!raw.write(chunk) && !raw.destroyed) await drained(raw);
  }
  if (!raw.headersSent) begin(call, 200, events);
  raw.end();
  dropUnfetched(reply);
  return last;
}

function begin({ reply }: RestCall, http: number, events: boolean): void {
  reply.header('content-type', events ? 'text/event-stream' : 'application/x-ndjson');
  reply.header('cache-control', 'no-store');
  // Tells reverse proxies to pass each message on at once.
  reply.header('x-accel-buffering', 'no');
  const headers = reply.getHeaders();
  reply.hijack();
  reply.raw.writeHead(http, headers as Record<string, string>);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
