import { type Listener, type ListenOptions, listen } from '../index.ts';
import { TestClient } from './clients.ts';
import { type Script, type ScriptedDispatcher, scriptedDispatcher } from './scripted-dispatcher.ts';

export interface Started extends AsyncDisposable {
  readonly listener: Listener;
  readonly dispatcher: ScriptedDispatcher;
  readonly client: TestClient;
  readonly address: string;
}

const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => log };

export async function start(
  script: Script = {},
  options: Partial<ListenOptions> = {},
): Promise<Started> {
  const dispatcher = scriptedDispatcher(script);
  const listener = await listen({ host: '127.0.0.1', port: 0, dispatcher, log, ...options });
  const address = `127.0.0.1:${listener.port}`;
  const client = new TestClient(address);
  return {
    listener,
    dispatcher,
    client,
    address,
    [Symbol.asyncDispose]: async () => {
      client.close();
      await listener.close(1000);
    },
  };
}
