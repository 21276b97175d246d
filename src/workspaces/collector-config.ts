import type { CollectorSettings } from './collector-settings.js';
import type { Mapping } from './mapping-schema.js';

/** A configured collector as requests meet it. The same object for as long as it does not change. */
export interface CollectorConfig {
  /** In the addresses of its webhooks; unique in the deployment. */
  readonly id: string;
  readonly workspace: string;
  /** Unique in its workspace; events name it. */
  readonly name: string;
  /** Name of its wire format; null: whatever its write keys send. */
  readonly format: string | null;
  readonly settings: CollectorSettings;
  readonly mapping: Mapping;
  /** Those it shares with its provider to sign requests; several while one is rotated. */
  readonly secrets: readonly string[];
  /** Its secrets cannot be decrypted: what they would verify cannot be accepted now, and is not refused for good. */
  readonly areSecretsUnreadable?: true;
}
