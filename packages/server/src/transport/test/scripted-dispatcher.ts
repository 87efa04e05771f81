// A dispatcher whose answers a test writes: the transports are real, what stands behind them is not.
import { create, type Message, type MessageInitShape } from '@bufbuild/protobuf';
import { type Method, methodByName, StatusCode, StatusError } from '@limpid/wire';
import type { Dispatcher, Incoming, OpenCall, Outcome } from '../../rpc/dispatch-types.ts';

type Init = Record<string, unknown>;

export interface Script {
  /** Who calls, by its header; `Key good…` is somebody unless a test says otherwise. */
  readonly open?: (incoming: Incoming) => Promise<void>;
  readonly unary?: (request: Message, incoming: Incoming) => Promise<Init> | Init;
  readonly stream?: (requests: AsyncIterable<Message>, incoming: Incoming) => AsyncIterable<Init>;
}

export interface ScriptedDispatcher extends Dispatcher {
  readonly opened: Incoming[];
  readonly finished: Outcome[];
}

export function scriptedDispatcher(script: Script = {}): ScriptedDispatcher {
  const opened: Incoming[] = [];
  const finished: Outcome[] = [];
  return {
    opened,
    finished,
    open: async (incoming) => {
      opened.push(incoming);
      await script.open?.(incoming);
      return openCall(script, incoming, (outcome) => finished.push(outcome));
    },
  };
}

function openCall(
  script: Script,
  incoming: Incoming,
  finish: (outcome: Outcome) => void,
): OpenCall {
  const { method } = incoming;
  const authenticated = incoming.header('authorization')?.startsWith('Key good') ?? false;
  const answer = (code: number, details: string, init: Init = {}): Message => {
    const status = { code, description: StatusCode[code], details, reqId: 'test' };
    return create(method.desc.output, { ...init, status } as MessageInitShape<
      typeof method.desc.output
    >);
  };
  const refuse = (error: unknown): Message =>
    error instanceof StatusError
      ? answer(error.code, error.details)
      : answer(StatusCode.INTERNAL_UNCATEGORIZED, String(error));
  const stranger = (): Message | undefined =>
    authenticated || method.auth === 'none'
      ? undefined
      : answer(StatusCode.CONN_KEY_INVALID, 'who are you');
  return {
    reqId: 'test',
    authenticated,
    budgetKey: authenticated ? (incoming.header('authorization') ?? '') : incoming.peer,
    refuse,
    unary: async (request) => {
      const refused = stranger();
      if (refused) return refused;
      try {
        return answer(StatusCode.SUCCESS, '', (await script.unary?.(request, incoming)) ?? {});
      } catch (error) {
        return refuse(error);
      }
    },
    stream: async function* (requests) {
      const refused = stranger();
      if (refused) {
        yield refused;
        return;
      }
      try {
        for await (const init of script.stream?.(requests, incoming) ?? [])
          yield answer(StatusCode.SUCCESS, '', init);
      } catch (error) {
        yield refuse(error);
      }
    },
    finish,
  };
}

export function method(name: string): Method {
  const found = methodByName(name);
  if (!found) throw new Error(`no method ${name}`);
  return found;
}
