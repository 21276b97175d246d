import type { DataSource } from 'typeorm';
import { KeyStore } from '../src/http/keys.js';
import type { VerificationServices } from '../src/intake/format.js';
import { CollectorConfigs } from '../src/workspaces/collector-configs.js';
import { SecretBox } from '../src/workspaces/secret-box.js';

/** Opens the secrets of collectors in tests. */
export const TEST_SECRET_KEY = 'ab'.repeat(32);

export const keyStore = (configuration: DataSource): KeyStore =>
  new KeyStore(configuration, new CollectorConfigs(configuration, new SecretBox([TEST_SECRET_KEY], '')));

/** For requests whose endpoint verifies nothing. */
export const noVerification: VerificationServices = {
  fetchText: unavailable,
  request: unavailable,
};

function unavailable(): never {
  throw new Error('this test verifies nothing');
}
