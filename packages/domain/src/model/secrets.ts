import type { JsonObject, JsonValue, ModelVersion } from '@limpid/wire';

// Names of the secrets that a model's runner asks for, and where each goes.
const SECRETS = 'secrets';

/** Takes the values out of a version's secrets: they have a store of their own, a version only refers to it. */
export function dropSecretValues(version: ModelVersion): void {
  const params = version.outputInfo?.params;
  const secrets = params?.[SECRETS];
  if (params && Array.isArray(secrets)) params[SECRETS] = secrets.map(withoutValue);
}

/** Takes the secrets out of a version that is shown. */
export function hideSecrets(version: ModelVersion): void {
  const info = version.outputInfo;
  if (!info?.params || !(SECRETS in info.params)) return;
  const { [SECRETS]: _hidden, ...shown } = info.params;
  info.params = shown;
}

function withoutValue(secret: JsonValue): JsonValue {
  if (typeof secret !== 'object' || secret === null || Array.isArray(secret)) return {};
  const { value: _value, ...reference }: JsonObject = secret;
  return reference;
}
