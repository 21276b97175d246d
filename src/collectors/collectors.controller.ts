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
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config.js';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { KeyStore } from '../http/keys.js';
import { Formats } from '../intake/formats/all.js';
import { requestOrigin } from '../intake/public-url.js';
import type { ListedCollector } from '../workspaces/collectors.js';
import { CollectorSetup } from './collector-setup.js';

/**
 * The collectors of a workspace. Keys and secrets are shown when they are made, and never again. This process follows a change at
 * once, others when they next read the keys.
 */
@Controller('api/collectors')
@UseGuards(AuthGuard)
export class CollectorsController {
  constructor(
    @Inject(CollectorSetup) private readonly setup: CollectorSetup,
    @Inject(Formats) private readonly formats: Formats,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(KeyStore) private readonly keys: KeyStore,
  ) {}

  @Get()
  async list(@RequestWorkspace() workspace: string, @Req() request: FastifyRequest): Promise<object> {
    const collectors = await this.setup.collectors.list(workspace);
    return { items: collectors.map((collector) => this.shown(collector, request)), next: null };
  }

  @Get(':id')
  async get(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    return this.shown(await this.setup.collectors.find(workspace, id), request);
  }

  @Post()
  async create(
    @RequestWorkspace() workspace: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    const { collector, keys } = await this.reloading(this.setup.create(workspace, body));
    return { ...this.shown(collector, request), keys };
  }

  @Patch(':id')
  async change(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    return this.shown(await this.reloading(this.setup.change(workspace, id, body)), request);
  }

  @Post(':id/keys')
  rotateKey(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<object> {
    return this.reloading(this.setup.rotateKey(workspace, id, body));
  }

  @Delete(':id/keys/:prefix')
  async revokeKey(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Param('prefix') prefix: string,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    await this.reloading(this.setup.collectors.revokeKey(workspace, id, prefix));
    return this.get(workspace, id, request);
  }

  @Post(':id/secrets')
  addSecret(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<object> {
    return this.reloading(this.setup.addSecret(workspace, id, body));
  }

  @Delete(':id/secrets/:secret')
  async removeSecret(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Param('secret') secret: string,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    await this.reloading(this.setup.collectors.removeSecret(workspace, id, secret));
    return this.get(workspace, id, request);
  }

  @Post(':id/try')
  @HttpCode(200)
  try(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<object> {
    return this.setup.try(workspace, id, body);
  }

  private async reloading<T>(change: Promise<T>): Promise<T> {
    const result = await change;
    await this.keys.reload();
    return result;
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
