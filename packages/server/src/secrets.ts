import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Keyed hashing of credentials, each purpose under a key of its own derived from the instance's secret. */
export interface SecretBox {
  /** HMAC-SHA256 of a credential, 32 bytes: what is stored and looked up. */
  hashCredential(secret: string): Buffer;
  /** Signature of a short text, base64url, for URLs that carry their own permission. */
  sign(purpose: string, text: string): string;
  verify(purpose: string, text: string, signature: string): boolean;
}

export function createSecretBox(instanceKey: Uint8Array): SecretBox {
  const derive = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', instanceKey, 'limpid', purpose, 32));
  const credentialKey = derive('credential');
  const sign = (purpose: string, text: string): string =>
    createHmac('sha256', derive(`sign:${purpose}`))
      .update(text)
      .digest('base64url');
  return {
    hashCredential: (secret) => createHmac('sha256', credentialKey).update(secret).digest(),
    sign,
    verify: (purpose, text, signature) => {
      const expected = Buffer.from(sign(purpose, text));
      const given = Buffer.from(signature);
      return expected.length === given.length && timingSafeEqual(expected, given);
    },
  };
}
