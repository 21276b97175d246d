import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { CONFIG, type Config } from '../config.js';
import { DATABASE } from '../database/database.js';
import { Refused } from '../domain/refused.js';
import { checkBody, invalid } from '../intake/body-check.js';
import { replayDeliveries, type Replay } from './deliveries.js';
import { WebhookEndpoints, type WebhookEndpoint } from './endpoints.js';
import { type Attempt, MessageSender } from './send-message.js';
import { checkTargetUrl } from './target-url.js';
import * as input from './webhook-input.js';

const HOUR_MS = 3_600_000;
const DEFAULT_OVERLAP_HOURS = 24;

const bodies = {
  create: checkBody(input.createSchema),
  change: checkBody(input.changeSchema),
  rotate: checkBody(input.rotateSchema),
  replay: checkBody(input.replaySchema),
};

/** What the API and the command line do with webhooks: bodies are checked, then stored. @throws Problem 400, Refused */
@Injectable()
export class WebhookSetup {
  constructor(
    @Inject(WebhookEndpoints) readonly endpoints: WebhookEndpoints,
    @Inject(MessageSender) private readonly sender: Pick<MessageSender, 'send'>,
    @Inject(DATABASE) private readonly pool: Pool,
    @Inject(CONFIG) private readonly config: Pick<Config, 'webhooks'>,
  ) {}

  /** @returns the endpoint and its secret, shown once */
  create(workspace: string, body: unknown): Promise<{ endpoint: WebhookEndpoint; secret: string }> {
    const { url, ...rest } = bodies.create(body);
    return this.endpoints.add(workspace, { ...rest, url: checkTargetUrl(url, this.config.webhooks) });
  }

  change(workspace: string, id: string, body: unknown): Promise<WebhookEndpoint> {
    const { url, ...rest } = bodies.change(body);
    const checked = url === undefined ? undefined : checkTargetUrl(url, this.config.webhooks);
    return this.endpoints.change(workspace, id, { ...rest, url: checked });
  }

  async rotateSecret(workspace: string, id: string, body: unknown): Promise<{ secret: string }> {
    const { overlapHours = DEFAULT_OVERLAP_HOURS } = bodies.rotate(body);
    return { secret: await this.endpoints.rotateSecret(workspace, id, overlapHours * HOUR_MS) };
  }

  /** Sends a message of the type `webhook.test` once, now, also where the endpoint is disabled. */
  async test(workspace: string, id: string): Promise<Attempt> {
    const { url } = await this.endpoints.find(workspace, id);
    const secrets = await this.endpoints.secretsOf(id);
    const message = { type: 'webhook.test', timestamp: new Date().toISOString(), data: { webhookId: id } };
    return this.sender.send({ url, id: `msg_${randomUUID()}`, body: JSON.stringify(message), secrets });
  }

  /** @throws Refused `delivery-not-found` */
  async replay(workspace: string, id: string, body: unknown): Promise<{ replayed: number }> {
    const replay = replayOf(bodies.replay(body));
    await this.endpoints.find(workspace, id);
    const replayed = await replayDeliveries(this.pool, id, replay);
    if (replayed === 0 && 'delivery' in replay)
      throw new Refused(
        'delivery-not-found',
        `The webhook has no delivery "${replay.delivery}" that is over; one that is pending is sent anyway`,
      );
    return { replayed };
  }
}

/** @throws Problem 400 */
function replayOf({ delivery, since, states }: ReturnType<typeof bodies.replay>): Replay {
  if (delivery !== undefined && since === undefined && states === undefined) return { delivery };
  if (delivery !== undefined || since === undefined)
    throw invalid({ message: 'Give either `delivery`, or `since` with or without `states`' });
  if (!/^\d{4}-\d{2}-\d{2}T/.test(since) || Number.isNaN(Date.parse(since)))
    throw invalid({ message: 'must be a time such as 2026-03-01T09:30:00Z', path: 'since' });
  return { since: new Date(since), states: states ?? ['dead'] };
}
