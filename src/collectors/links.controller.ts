import { Body, Controller, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config.js';
import { Refused } from '../domain/refused.js';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { KeyStore } from '../http/keys.js';
import { Problem } from '../http/problem.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import { links as format, mayLeadTo } from '../intake/formats/links.js';
import { type Link, sealLink } from '../intake/formats/links/token.js';
import { requestOrigin } from '../intake/public-url.js';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import { Collectors } from '../workspaces/collectors.js';
import { invalid, linkOf, linksOf } from './link-input.js';

/** Makes pictures and links for mails, for those who have no provider that reports opens and clicks. */
@Controller('api/links')
@UseGuards(AuthGuard)
export class LinksController {
  constructor(
    @Inject(Collectors) private readonly collectors: Collectors,
    @Inject(KeyStore) private readonly keys: KeyStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Post()
  @HttpCode(200)
  async create(
    @RequestWorkspace() workspace: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    const { collector: name, links: inputs, isSingle } = linksOf(body);
    const now = new Date();
    const links = inputs.map((input, at) => linkOf(input, isSingle ? '' : `links.${at}.`, now));
    const config = await this.collectorOf(workspace, name);
    const { redirectHosts } = config.settings;
    for (const [at, { url }] of links.entries())
      if (url !== undefined && !mayLeadTo(url, redirectHosts))
        throw invalid(
          isSingle ? 'url' : `links.${at}.url`,
          redirectHosts ? 'must lead to one of the redirectHosts of the collector' : 'must be http or https',
        );
    const origin = this.config.publicUrl ?? requestOrigin(request);
    const made = links.map((link) => shown(link, config, origin));
    return isSingle ? (made[0] ?? {}) : { links: made };
  }

  /** The collector with a secret to seal with, which are added when they are first needed. */
  private async collectorOf(workspace: string, name: string | undefined): Promise<CollectorConfig> {
    if (name === undefined) await this.addUsual(workspace);
    const collector = await this.collectors.find(workspace, name ?? USUAL);
    if (collector.format !== format.name)
      throw new Problem(409, 'format-other', `The collector "${collector.name}" is not of the format links`);
    if (collector.secrets.length === 0) {
      await this.collectors.addSecret(workspace, collector.name, randomBytes(32).toString('base64url'));
      await this.keys.reload();
    }
    const key = await this.keys.resolve({ kind: 'collector-id', value: collector.id });
    if (!key?.config || key.config.areSecretsUnreadable || key.config.secrets.length === 0)
      throw new StoreUnavailable('The secret of this collector cannot be read now', 30);
    return key.config;
  }

  private async addUsual(workspace: string): Promise<void> {
    const all = await this.collectors.list(workspace);
    if (all.some(({ name }) => name === USUAL)) return;
    try {
      await this.collectors.add(workspace, USUAL, { format: format.name });
    } catch (error) {
      // Another request was quicker.
      if (!(error instanceof Refused) || error.code !== 'collector-exists') throw error;
    }
  }
}

/** The collector where none is named. */
const USUAL = 'links';

function shown(link: Link, { id, secrets: [secret = ''] }: CollectorConfig, origin: string): object {
  const token = sealLink(link, id, secret);
  const url = link.type === 'open' ? `${origin}/o/${token}.gif` : `${origin}/c/${token}`;
  return { type: link.type, url, expiresAt: new Date(link.expiresAt * 1_000).toISOString() };
}
