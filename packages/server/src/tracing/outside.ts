// Spans around what reaches outside of the process: models, strangers' URLs, the database. Put on where the platform is
// put together, so that without tracing nothing of this is in the way.
import type { MultiOutputResponse } from '@limpid/wire';
import type { FetchUrl } from '../flows/media/fetch-url.ts';
import type { RunnerDispatcher } from '../runners/dispatcher-types.ts';
import type { WorkKind } from '../runners/protocol.ts';
import { faultOf, type Span, type Tracing, within } from './tracing.ts';

/** Only where it goes: paths and queries of URLs are where secrets stand. */
export function traceFetch(tracing: Tracing, fetchUrl: FetchUrl): FetchUrl {
  return (url, options) => {
    const target = URL.canParse(url) ? new URL(url) : undefined;
    const attributes = {
      'http.request.method': 'GET',
      'url.scheme': target?.protocol.slice(0, -1),
      'server.address': target?.hostname,
      'server.port': Number(target?.port) || undefined,
    };
    return within(tracing, 'fetch url', { kind: 'client', attributes }, async (span) => {
      const fetched = await fetchUrl(url, options);
      span?.set({ 'http.response.body.size': fetched.size });
      return fetched;
    });
  };
}

/** Of statements as they are sent: values stand beside them, not in them. What no call or job waits for is left out. */
export function traceQueries(tracing: Tracing) {
  return <T>(text: string, send: () => Promise<T>): Promise<T> => {
    if (tracing.here() === undefined) return send();
    const [, verb = 'query'] = /^[\s(]*(\w+)/.exec(text) ?? [];
    const [, table = ''] = /\b(?:from|into|update)\s+"?(?!\()(\w+)/.exec(text) ?? [];
    const attributes = {
      'db.system.name': 'postgresql',
      'db.query.text': text.replace(/\s+/g, ' ').trim().slice(0, 2_000),
    };
    const name = `${verb} ${table}`.trimEnd();
    return within(tracing, name, { kind: 'client', attributes }, send);
  };
}

/** A prediction as its caller waits for it: for a slot of a runner, then for the model. */
export function traceRunners(tracing: Tracing, runners: RunnerDispatcher): RunnerDispatcher {
  return {
    predict: async (target, work) => {
      const relay = beginRelay(tracing, 'unary');
      try {
        return await runners.predict(target, { ...work, onStart: relay.started });
      } catch (error) {
        relay.failed(error);
        throw error;
      } finally {
        relay.ended();
      }
    },
    submit: (target, work) => {
      const relay = beginRelay(tracing, work.kind);
      return relayAll(relay, runners.submit(target, { ...work, onStart: relay.started }));
    },
    attach: (line) => runners.attach(line),
    attachControl: (line) => runners.attachControl(line),
    stats: () => runners.stats(),
    statsOf: (key) => runners.statsOf(key),
    disconnect: (key) => runners.disconnect(key),
    drain: (signal) => runners.drain(signal),
  };
}

interface Relay {
  started(runnerKey: string): void;
  failed(error: unknown): void;
  ended(): void;
}

function beginRelay(tracing: Tracing, kind: WorkKind): Relay {
  const whole = tracing.begin('predict', { kind: 'client', attributes: { 'limpid.kind': kind } });
  // Slots are given in the course of other calls: the parent is this one all the same.
  let part: Span = whole.run(() => tracing.begin('runner wait'));
  return {
    started: (runnerKey) => {
      part.end();
      const attributes = { 'limpid.runner': runnerKey };
      part = whole.run(() => tracing.begin('runner relay', { attributes }));
    },
    failed: (error) => {
      for (const span of [part, whole]) span.fail(faultOf(error));
    },
    ended: () => {
      part.end();
      whole.end();
    },
  };
}

async function* relayAll(
  relay: Relay,
  answers: AsyncIterableIterator<MultiOutputResponse, undefined>,
): AsyncGenerator<MultiOutputResponse, undefined> {
  try {
    yield* answers;
  } catch (error) {
    relay.failed(error);
    throw error;
  } finally {
    relay.ended();
  }
  return undefined;
}
