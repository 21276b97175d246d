import type { AddFault, ReadSetting } from './config-reader.js';
import { isNetwork } from './domain/network.js';
import { DAY_MS, numberOf } from './limits-config.js';

/** Where webhooks may lead, and how long what was sent is kept. */
export interface WebhookConfig {
  /** Networks that are reached although they are not public: addresses, or networks as in `10.20.0.0/16`. */
  readonly allowedNetworks: readonly string[];
  /** Plain `http:` is allowed beside `https:`. */
  readonly allowHttp: boolean;
  /** How long deliveries are kept, in ms. */
  readonly retentionMs: number;
}

export function webhookConfig(read: ReadSetting, fault: AddFault): WebhookConfig {
  const networks = (read('TOUCHLINE_WEBHOOK_NETWORKS') ?? '').split(',').flatMap((text) => text.trim() || []);
  const wrong = networks.filter((text) => !isNetwork(text));
  if (wrong.length > 0)
    fault(
      `TOUCHLINE_WEBHOOK_NETWORKS: ${wrong.join(', ')} is not a network; use addresses or networks such as 10.20.0.0/16`,
    );
  const http = read('TOUCHLINE_WEBHOOK_HTTP') ?? 'false';
  if (http !== 'true' && http !== 'false') fault(`TOUCHLINE_WEBHOOK_HTTP: "${http}" must be true or false`);
  const days = numberOf('TOUCHLINE_WEBHOOK_DAYS', read, 30, fault, { least: 1, whole: false });
  return { allowedNetworks: networks, allowHttp: http === 'true', retentionMs: days * DAY_MS };
}
