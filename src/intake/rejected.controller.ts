import { Body, Controller, Get, Header, HttpCode, Inject, Post, Query, UseGuards } from '@nestjs/common';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { isUtf8 } from 'node:buffer';
import { KeyStore } from '../http/keys.js';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { readCursor, writeCursor } from './arrival-cursor.js';
import { Formats } from './formats/all.js';
import { Pipeline } from './pipeline.js';
import { RejectedLog, type RejectedRow, type ReplayResult } from './rejected.js';
import { replay } from './replay.js';

export class RejectedQuery {
  @IsOptional() @IsString() @MaxLength(100) code?: string;
  @IsOptional() @IsIn(['open', 'replayed', 'all']) state?: 'open' | 'replayed' | 'all';
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(500) limit?: number;
  @IsOptional() @IsString() @MaxLength(100) cursor?: string;
}

/** Null stands for what is left out: `next` of the last page is null. */
export class ReplayCommand {
  @IsOptional() @IsArray() @ArrayMaxSize(1000) @IsUUID('all', { each: true }) ids?: string[] | null;
  @IsOptional() @IsString() @MaxLength(100) code?: string | null;
  @IsOptional() @IsInt() @Min(1) @Max(10_000) limit?: number | null;
  @IsOptional() @IsString() @MaxLength(100) cursor?: string | null;
}

/** What could not be accepted, and its way back. */
@Controller('api/rejected')
@UseGuards(AuthGuard)
export class RejectedController {
  constructor(
    @Inject(RejectedLog) private readonly rejected: RejectedLog,
    @Inject(Pipeline) private readonly pipeline: Pipeline,
    @Inject(Formats) private readonly formats: Formats,
    @Inject(KeyStore) private readonly keys: KeyStore,
  ) {}

  /** Newest first. Pages are bounded in bytes, too: a short page with a `next` is not the last one. */
  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  async list(@RequestWorkspace() workspace: string, @Query() query: RejectedQuery): Promise<string> {
    const { code, state = 'open', limit = 50 } = query;
    const from = readCursor(query.cursor);
    const rows = await this.rejected.page({ workspace, state, code, limit, from, order: 'newest' });
    const last = rows.at(-1);
    const more =
      last &&
      (await this.rejected.page({ workspace, state, code, limit: 1, from: last.number, order: 'newest' }));
    const next = last && more && more.length > 0 ? writeCursor(last.number) : null;
    return `{"items":[${rows.map(itemJson).join(',')}],"next":${JSON.stringify(next)}}`;
  }

  @Post('replay')
  @HttpCode(200)
  async replay(@RequestWorkspace() workspace: string, @Body() command: ReplayCommand): Promise<object> {
    const question = {
      workspace,
      ids: command.ids ?? undefined,
      code: command.code ?? undefined,
      limit: command.limit ?? 1000,
      from: readCursor(command.cursor ?? undefined),
    };
    const { rejected: log, pipeline, formats } = this;
    const configOf = (name: string, collector: string) => this.keys.configOf(name, collector);
    const deps = { rejected: log, pipeline, formats, configOf, now: () => new Date() };
    const { results, last } = await replay(deps, question);
    const rejected = results.filter((result) => 'reason' in result).length;
    return {
      tried: results.length,
      accepted: results.length - rejected,
      rejected,
      results: results.map(resultJson),
      next: last === undefined ? null : writeCursor(last),
    };
  }
}

const resultJson = (result: ReplayResult): object =>
  'reason' in result
    ? { id: result.id, status: 'rejected', reason: result.reason }
    : { id: result.id, status: 'accepted', position: result.position?.toString() ?? null };

/** By hand around the payload: it is JSON already, and may be nested deeper than JSON.stringify goes. */
function itemJson(row: RejectedRow): string {
  const {
    id,
    receivedAt,
    collector,
    format,
    call,
    unit,
    messageId,
    reason,
    payloadBytes,
    attempts,
    replayedAt,
  } = row;
  const facts = {
    id,
    receivedAt,
    collector,
    format,
    call,
    unit,
    messageId: messageId ?? null,
    reason,
    payloadBytes,
  };
  const head = JSON.stringify({ ...facts, attempts, replayedAt, position: row.position?.toString() ?? null });
  const payload = unit === 'item' ? row.payload.toString('utf8') : JSON.stringify(bodyOf(row));
  return `${head.slice(0, -1)},"payload":${payload}}`;
}

/** A request's body as text where it is text. */
function bodyOf({ payload, encoding, charset }: RejectedRow): object {
  const text = encoding === undefined && isUtf8(payload);
  return {
    ...(encoding === undefined ? {} : { encoding }),
    ...(charset === undefined ? {} : { charset }),
    ...(text ? { text: payload.toString('utf8') } : { base64: payload.toString('base64') }),
  };
}
