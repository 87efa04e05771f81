import type { JsonObject, JsonValue, OutputInfo } from '@limpid/wire';

// Names of the secrets that a model's runner asks for, and where each goes.
const SECRETS = 'secrets';

/** Takes the values out of the secrets: they have a store of their own, a version only refers to it. */
export function dropSecretValues(info: OutputInfo | undefined): void {
  const params = info?.params;
  const secrets = params?.[SECRETS];
  if (params && Array.isArray(secrets)) params[SECRETS] = secrets.map(withoutValue);
}

/** Takes the secrets out of what is shown. */
export function hideSecrets(info: OutputInfo | undefined): void {
  if (!info?.params || !(SECRETS in info.params)) return;
  const { [SECRETS]: _hidden, ...shown } = info.params;
  info.params = shown;
}

function withoutValue(secret: JsonValue): JsonValue {
  if (typeof secret !== 'object' || secret === null || Array.isArray(secret)) return {};
  const { value: _value, ...reference }: JsonObject = secret;
  return reference;
}
