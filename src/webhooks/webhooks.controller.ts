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
  Query,
  UseGuards,
} from '@nestjs/common';
import type { Pool } from 'pg';
import { DATABASE } from '../database/database.js';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { readCursor, writeCursor } from '../intake/arrival-cursor.js';
import { pageOfDeliveries } from './deliveries.js';
import { DeliveriesQuery } from './webhook-input.js';
import { WebhookSetup } from './webhook-setup.js';

/** Where a workspace wants to be told of its leads, and what was sent there. Secrets are shown when they are made. */
@Controller('api/webhooks')
@UseGuards(AuthGuard)
export class WebhooksController {
  constructor(
    @Inject(WebhookSetup) private readonly setup: WebhookSetup,
    @Inject(DATABASE) private readonly pool: Pool,
  ) {}

  @Get()
  async list(@RequestWorkspace() workspace: string): Promise<object> {
    return { items: await this.setup.endpoints.list(workspace), next: null };
  }

  @Get(':id')
  get(@RequestWorkspace() workspace: string, @Param('id') id: string): Promise<object> {
    return this.setup.endpoints.find(workspace, id);
  }

  @Post()
  async create(@RequestWorkspace() workspace: string, @Body() body: unknown): Promise<object> {
    const { endpoint, secret } = await this.setup.create(workspace, body);
    return { ...endpoint, secret };
  }

  @Patch(':id')
  change(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<object> {
    return this.setup.change(workspace, id, body);
  }

  @Delete(':id')
  remove(@RequestWorkspace() workspace: string, @Param('id') id: string): Promise<object> {
    return this.setup.endpoints.remove(workspace, id);
  }

  @Post(':id/rotate-secret')
  rotateSecret(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<object> {
    return this.setup.rotateSecret(workspace, id, body ?? {});
  }

  @Post(':id/test')
  @HttpCode(200)
  async test(@RequestWorkspace() workspace: string, @Param('id') id: string): Promise<object> {
    const { delivered, status = null, error = null, durationMs } = await this.setup.test(workspace, id);
    return { delivered, status, error, durationMs: Math.round(durationMs) };
  }

  @Get(':id/deliveries')
  async deliveries(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Query() { state, limit = 50, cursor }: DeliveriesQuery,
  ): Promise<object> {
    const before = readCursor(cursor)?.toString();
    const { id: endpoint } = await this.setup.endpoints.find(workspace, id);
    const rows = await pageOfDeliveries(this.pool, { endpoint, state, before, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return {
      items: page.map(({ number: _, ...delivery }) => delivery),
      next: last ? writeCursor(BigInt(last.number)) : null,
    };
  }

  @Post(':id/replay')
  @HttpCode(200)
  replay(
    @RequestWorkspace() workspace: string,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<object> {
    return this.setup.replay(workspace, id, body);
  }
}
