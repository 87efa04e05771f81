// The official Node client, clarifai-nodejs-grpc, on a plain connection to the platform.
import clarifai from 'clarifai-nodejs-grpc';

const { ClarifaiStub, grpc } = clarifai;
const SUCCESS = 10000;
/** What a platform answers while a model's weights are on their way or its runner starts. */
const LATER = new Set([21351, 21353, 21354]);
const DEADLINE = 120_000;
const PATIENCE = 300_000;
const EVERY = 2_000;
const MOST = 128 * 1024 * 1024;

/** `call(rpc, request)` resolves with an answer of status SUCCESS and throws what any other says. */
export function connect({ url, pat }) {
  // The package opens TLS only: its client class serves for a plain port.
  const secure = ClarifaiStub.grpc('localhost:1');
  const stub = new secure.constructor(
    url.replace(/^http:\/\//, ''),
    grpc.credentials.createInsecure(),
    { 'grpc.max_receive_message_length': MOST },
  );
  secure.close();
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Key ${pat}`);

  const ask = (rpc, request) =>
    new Promise((resolve, reject) => {
      stub[rpc](request, metadata, { deadline: Date.now() + DEADLINE }, (error, response) => {
        if (error) reject(new Error(`${rpc}: ${error.message}`));
        else resolve(response);
      });
    });

  return {
    close: () => stub.close(),
    call: async (rpc, request) => expectSuccess(rpc, await ask(rpc, request)),
    callWhenReady: async (rpc, request, onWait) => {
      const until = Date.now() + PATIENCE;
      for (;;) {
        const response = await ask(rpc, request);
        if (!LATER.has(codeOf(response)) || Date.now() > until) return expectSuccess(rpc, response);
        onWait(response.status.description);
        await new Promise((resolve) => setTimeout(resolve, EVERY));
      }
    },
  };
}

/** The status of the one output tells more than that of the answer. */
function statusOf({ status, outputs }) {
  return outputs?.[0]?.status?.code ? outputs[0].status : status;
}

const codeOf = (response) => statusOf(response).code;

function expectSuccess(rpc, response) {
  for (const { code, description, details } of [response.status, statusOf(response)]) {
    if (code !== SUCCESS) throw new Error(`${rpc}: ${code} ${description}. ${details}`);
  }
  return response;
}
