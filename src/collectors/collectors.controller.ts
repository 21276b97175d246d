import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Req,
  UseGuards,
} from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config.js';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { KeyStore } from '../http/keys.js';
import { Problem } from '../http/problem.js';
import { COLLECTOR_ID } from '../intake/credentials.js';
import type { Format } from '../intake/format.js';
import { Formats } from '../intake/formats/all.js';
import { requestOrigin } from '../intake/public-url.js';
import { RECENT_ITEMS, RecentItems } from '../intake/recent-items.js';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import { Collectors, type ListedCollector } from '../workspaces/collectors.js';
import * as input from './collector-input.js';
import { tryConfiguration } from './try-mapping.js';

const HOUR_MS = 3_600_000;
const [createBody, changeBody] = [input.body(input.createSchema), input.body(input.changeSchema)];
const [keyBody, secretBody, tryBody] = [
  input.body(input.keySchema),
  input.body(input.secretSchema),
  input.body(input.trySchema),
];

/**
 * The collectors of a workspace. Keys and secrets are shown when they are made, and never again. This process follows a change at
 * once, others when they next read the keys.
 */
@Controller('api/collectors')
@UseGuards(AuthGuard)
export class CollectorsController {
  constructor(
    @Inject(Collectors) private readonly collectors: Collectors,
    @Inject(Formats) private readonly formats: Formats,
    @Inject(RecentItems) private readonly recent: RecentItems,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(KeyStore) private readonly keys: KeyStore,
  ) {}

  @Get()
  async list(@RequestWorkspace() workspace: string, @Req() request: FastifyRequest): Promise<object> {
    const collectors = await this.collectors.list(workspace);
    return { items: collectors.map((collector) => this.shown(collector, request)), next: null };
  }

  @Get(':id')
  async get(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    return this.shown(await this.collectors.find(workspace, id), request);
  }

  @Post()
  async create(
    @RequestWorkspace() workspace: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    const { name, secrets = [], keys: scopes, ...changes } = createBody(body);
    const format = await this.formatNamed(changes.format);
    input.checkConfiguration(format, changes);
    await this.collectors.add(workspace, name, changes);
    for (const secret of secrets) await this.collectors.addSecret(workspace, name, secret);
    const keys: Record<string, string> = {};
    for (const scope of scopes ?? (isSigned(format) ? [] : ['public', 'server']))
      keys[KEY_NAMES[scope]] = await this.collectors.addKey(workspace, name, scope);
    await this.keys.reload();
    return { ...this.shown(await this.collectors.find(workspace, name), request), keys };
  }

  @Patch(':id')
  async change(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    const changes = changeBody(body);
    const current = await this.collectors.find(workspace, id);
    const format = await this.formatNamed(changes.format === undefined ? current.format : changes.format);
    // The settings stay those of the format, also where only that changes.
    input.checkConfiguration(format, { settings: current.settings, ...changes });
    const changed = await this.collectors.update(workspace, id, changes);
    await this.keys.reload();
    return this.shown(changed, request);
  }

  @Post(':id/keys')
  async rotateKey(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<object> {
    const { scope, overlapHours } = keyBody(body);
    const key = await this.collectors.addKey(workspace, id, scope, msOf(overlapHours));
    await this.keys.reload();
    return { scope, key };
  }

  @Delete(':id/keys/:prefix')
  async revokeKey(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Param('prefix') prefix: string,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    await this.collectors.revokeKey(workspace, id, prefix);
    await this.keys.reload();
    return this.get(workspace, id, request);
  }

  @Post(':id/secrets')
  async addSecret(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<object> {
    const { secret: given, overlapHours } = secretBody(body);
    const secret = given ?? `whsec_${randomBytes(24).toString('base64url')}`;
    const { secrets } = await this.collectors.addSecret(workspace, id, secret, msOf(overlapHours));
    await this.keys.reload();
    return { secrets, ...(given === undefined && { secret }) };
  }

  @Delete(':id/secrets/:secret')
  async removeSecret(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Param('secret') secret: string,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    await this.collectors.removeSecret(workspace, id, secret);
    await this.keys.reload();
    return this.get(workspace, id, request);
  }

  /** What a mapping would make of the last items, beside what the current one makes of them. */
  @Post(':id/try')
  @HttpCode(200)
  async try(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<object> {
    const { mapping, limit = RECENT_ITEMS } = tryBody(body);
    const collector = await this.collectors.find(workspace, id);
    input.checkConfiguration(await this.formatNamed(collector.format), { mapping });
    const before: CollectorConfig = { ...collector, workspace, secrets: [] };
    const items = await this.recent.last(workspace, collector.name, limit);
    return tryConfiguration(this.formats, items, before, { ...before, mapping: mapping ?? before.mapping });
  }

  /** @throws Problem 400 */
  private async formatNamed(name: string | null | undefined): Promise<Format | undefined> {
    if (name === null || name === undefined) return undefined;
    const format = await this.formats.named(name);
    if (format) return format;
    const message = `must be one of ${this.formats.names.join(', ')}`;
    throw new Problem(400, 'invalid', `format: ${message}`, [{ path: 'format', message }]);
  }

  private shown(collector: ListedCollector, request: FastifyRequest): object {
    const { id, name, format, settings, mapping, writeKeys, secrets, createdAt, updatedAt } = collector;
    const origin = this.config.publicUrl ?? requestOrigin(request);
    const endpoints = this.formats.list.find((each) => each.name === format)?.endpoints ?? [];
    const urls = endpoints.map(({ path }) => origin + path.replace(':collector', id));
    return {
      ...{ id, name, format, settings, mapping, urls: [...new Set(urls)] },
      ...{ writeKeys, secrets, createdAt, updatedAt },
    };
  }
}

const KEY_NAMES = { public: 'writeKey', server: 'serverWriteKey' } as const;

const msOf = (hours: number | undefined): number | undefined =>
  hours === undefined ? undefined : hours * HOUR_MS;

/** All its requests are webhooks, which name the collector and are signed. */
const isSigned = (format: Format | undefined): boolean =>
  format !== undefined &&
  format.endpoints.length > 0 &&
  format.endpoints.every((endpoint) => endpoint.credential === COLLECTOR_ID || 'verify' in endpoint);
