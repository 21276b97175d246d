import { Inject, Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { Problem } from '../http/problem.js';
import { checkBody } from '../intake/body-check.js';
import { COLLECTOR_ID } from '../intake/credentials.js';
import type { Format } from '../intake/format.js';
import { Formats } from '../intake/formats/all.js';
import { RECENT_ITEMS, RecentItems } from '../intake/recent-items.js';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import { type CollectorSecretListed, Collectors, type ListedCollector } from '../workspaces/collectors.js';
import * as input from './collector-input.js';
import { type Tried, tryConfiguration } from './try-mapping.js';

const HOUR_MS = 3_600_000;
const KEY_NAMES = { public: 'writeKey', server: 'serverWriteKey' } as const;

const bodies = {
  create: checkBody(input.createSchema),
  change: checkBody(input.changeSchema),
  key: checkBody(input.keySchema),
  secret: checkBody(input.secretSchema),
  try: checkBody(input.trySchema),
};

/** What the API and the command line do with collectors: bodies are checked, then stored. @throws Problem 400, Refused */
@Injectable()
export class CollectorSetup {
  constructor(
    @Inject(Collectors) readonly collectors: Collectors,
    @Inject(Formats) private readonly formats: Formats,
    @Inject(RecentItems) private readonly recent: RecentItems,
  ) {}

  /** @returns the collector and its write keys, which are stored nowhere */
  async create(
    workspace: string,
    body: unknown,
  ): Promise<{ collector: ListedCollector; keys: Readonly<Record<string, string>> }> {
    const { name, secrets = [], keys: scopes, ...changes } = bodies.create(body);
    const format = await this.formatNamed(changes.format);
    input.checkConfiguration(format, changes);
    secrets.forEach((secret, at) => input.checkSecret(format, secret, `secrets.${at}`));
    await this.collectors.add(workspace, name, changes);
    for (const secret of secrets) await this.collectors.addSecret(workspace, name, secret);
    const keys: Record<string, string> = {};
    for (const scope of scopes ?? (isSigned(format) ? [] : (['public', 'server'] as const)))
      keys[KEY_NAMES[scope]] = await this.collectors.addKey(workspace, name, scope);
    return { collector: await this.collectors.find(workspace, name), keys };
  }

  async change(workspace: string, id: string, body: unknown): Promise<ListedCollector> {
    const changes = bodies.change(body);
    const current = await this.collectors.find(workspace, id);
    const format = await this.formatNamed(changes.format === undefined ? current.format : changes.format);
    // The settings have to be those of the format, also where only that changes.
    input.checkConfiguration(format, { settings: current.settings, ...changes });
    return this.collectors.update(workspace, id, changes);
  }

  async rotateKey(workspace: string, id: string, body: unknown): Promise<{ scope: string; key: string }> {
    const { scope, overlapHours } = bodies.key(body);
    return { scope, key: await this.collectors.addKey(workspace, id, scope, msOf(overlapHours)) };
  }

  /** @returns the secret only if it was made here */
  async addSecret(
    workspace: string,
    id: string,
    body: unknown,
  ): Promise<{ secrets: readonly CollectorSecretListed[]; secret?: string }> {
    const { secret: given, overlapHours } = bodies.secret(body);
    const format = await this.formatNamed((await this.collectors.find(workspace, id)).format);
    const secret = given ?? (format?.secretFault ? '' : `whsec_${randomBytes(24).toString('base64url')}`);
    input.checkSecret(format, secret, 'secret');
    const { secrets } = await this.collectors.addSecret(workspace, id, secret, msOf(overlapHours));
    return { secrets, ...(given === undefined && { secret }) };
  }

  /** What a mapping would make of the last items, beside what the current one makes of them. */
  async try(workspace: string, id: string, body: unknown): Promise<Tried> {
    const { mapping, limit = RECENT_ITEMS } = bodies.try(body);
    const collector = await this.collectors.find(workspace, id);
    input.checkConfiguration(await this.formatNamed(collector.format), { mapping });
    const before: CollectorConfig = { ...collector, workspace, secrets: [] };
    const items = await this.recent.last(workspace, collector.name, limit);
    return tryConfiguration(this.formats, items, before, { ...before, mapping: mapping ?? before.mapping });
  }

  private async formatNamed(name: string | null | undefined): Promise<Format | undefined> {
    if (name === null || name === undefined) return undefined;
    const format = await this.formats.named(name);
    if (format) return format;
    const message = `must be one of ${this.formats.names.join(', ')}`;
    throw new Problem(400, 'invalid', `format: ${message}`, [{ path: 'format', message }]);
  }
}

const msOf = (hours: number | undefined): number | undefined =>
  hours === undefined ? undefined : hours * HOUR_MS;

/** All its requests are webhooks, which name the collector and are signed. */
const isSigned = (format: Format | undefined): boolean =>
  format !== undefined &&
  format.endpoints.length > 0 &&
  format.endpoints.every((endpoint) => endpoint.credential === COLLECTOR_ID || 'verify' in endpoint);
