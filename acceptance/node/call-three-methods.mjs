// Calls the three-method model with clarifai-nodejs and prints what came, as one line of JSON.
//
//   node call-three-methods.mjs MODEL_URL DEPLOYMENT_ID
//
// acceptance/python/test_local_runner.py runs it while a runner serves the model.
import { Model } from 'clarifai-nodejs';
import { owner, url } from './target.mjs';

const [modelUrl, deploymentId] = process.argv.slice(2);
const model = new Model({ url: modelUrl, authConfig: { pat: owner.pat, base: url } });
model.setRunner({ deployment: { id: deploymentId, userId: owner.user_id } });

const textOf = (outputs) => Model.getOutputDataFromModelResponse(outputs)?.stringValue;

const methods = await model.availableMethods();
const predict = textOf(
  await model.predict({ methodName: 'predict', prompt: 'from node', times: 2 }),
);
const generate = [];
for await (const outputs of model.generate({ methodName: 'generate', prompt: 'one two three' }))
  generate.push(textOf(outputs));

console.log(JSON.stringify({ methods, predict, generate }));
process.exit(0);
