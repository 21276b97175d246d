import { Body, Controller, Get, Header, HttpCode, Inject, Post, Query, UseGuards } from '@nestjs/common';
import { CONFIG, type Config } from '../config.js';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { KeyStore } from '../http/keys.js';
import { Problem } from '../http/problem.js';
import { DAY_MS } from '../limits-config.js';
import { readCursor, writeCursor } from './arrival-cursor.js';
import { COMMAND_ITEMS, type CommandItems } from './command-items.js';
import { correctRejected } from './correct-rejected.js';
import { Formats } from './formats/all.js';
import { Pipeline } from './pipeline.js';
import {
  CorrectCommand,
  editOf,
  periodOf,
  RejectedCountsQuery,
  RejectedQuery,
  ReplayCommand,
  selectionOf,
} from './rejected-commands.js';
import { rejectedJson } from './rejected-json.js';
import { type RejectedUsage, warningsOf, warnMs } from './rejected-usage.js';
import { RejectedLog, type ReplayResult } from './rejected.js';
import { replay } from './replay.js';

/** Rows of counts that an answer has at most. */
const MOST_COUNTS = 10_000;

/** What could not be accepted, and its way back. */
@Controller('api/rejected')
@UseGuards(AuthGuard)
export class RejectedController {
  constructor(
    @Inject(RejectedLog) private readonly rejected: RejectedLog,
    @Inject(Pipeline) private readonly pipeline: Pipeline,
    @Inject(Formats) private readonly formats: Formats,
    @Inject(COMMAND_ITEMS) private readonly commands: CommandItems,
    @Inject(KeyStore) private readonly keys: KeyStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Newest first. Pages are bounded in bytes, too: a short page with a `next` is not the last one. */
  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  async list(@RequestWorkspace() workspace: string, @Query() query: RejectedQuery): Promise<string> {
    const { code, collector, state = 'open', limit = 50 } = query;
    const question = { workspace, state, code, collector, order: 'newest' } as const;
    const rows = await this.rejected.page({ ...question, limit, from: readCursor(query.cursor) });
    const last = rows.at(-1);
    const more = last && (await this.rejected.page({ ...question, limit: 1, from: last.number }));
    const next = last && more && more.length > 0 ? writeCursor(last.number) : null;
    return `{"items":[${rows.map(rejectedJson).join(',')}],"next":${JSON.stringify(next)}}`;
  }

  @Get('counts')
  async counts(@RequestWorkspace() workspace: string, @Query() query: RejectedCountsQuery): Promise<object> {
    const { by = 'code', interval = 'day', code, collector } = query;
    const period = periodOf(query, new Date());
    const question = { workspace, by, interval, code, collector, ...period };
    const items = await this.rejected.counts(question, MOST_COUNTS + 1);
    if (items.length > MOST_COUNTS)
      throw new Problem(
        400,
        'too-large',
        `There are more than ${MOST_COUNTS} counts; ask for a shorter period`,
      );
    return { by, interval, ...period, items };
  }

  @Get('retention')
  async retention(@RequestWorkspace() workspace: string): Promise<object> {
    const { rejectedRetention: retention } = this.config;
    const [usage] = await this.rejected.usage(retention, workspace);
    return {
      ...{
        days: retention.ms / DAY_MS,
        maxBytes: retention.bytes,
        expiringWithinDays: warnMs(retention) / DAY_MS,
      },
      ...usageJson(usage),
    };
  }

  @Post('correct')
  @HttpCode(200)
  async correct(@RequestWorkspace() workspace: string, @Body() command: CorrectCommand): Promise<object> {
    const edit = editOf(command);
    const question = { ...selectionOf(command), workspace, from: readCursor(command.cursor ?? undefined) };
    const { results, last } = await correctRejected(this.rejected, question, edit, new Date());
    const refused = results.filter((result) => 'reason' in result).length;
    return {
      tried: results.length,
      corrected: results.length - refused,
      refused,
      results: results.map((result) => ({ status: 'reason' in result ? 'refused' : 'corrected', ...result })),
      next: last === undefined ? null : writeCursor(last),
    };
  }

  @Post('replay')
  @HttpCode(200)
  async replay(@RequestWorkspace() workspace: string, @Body() command: ReplayCommand): Promise<object> {
    const question = { ...selectionOf(command), workspace, from: readCursor(command.cursor ?? undefined) };
    const { rejected: log, pipeline, formats, commands } = this;
    // A mapping may have been corrected just now, perhaps by another process.
    await this.keys.reload();
    const configOf = (name: string, collector: string) => this.keys.configOf(name, collector);
    const deps = { rejected: log, pipeline, formats, commands, configOf, now: () => new Date() };
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

function usageJson(usage: RejectedUsage | undefined): object {
  if (!usage)
    return {
      rows: 0,
      open: 0,
      bytes: 0,
      share: 0,
      oldestKeptAt: null,
      expiring: 0,
      expiresAt: null,
      warnings: [],
    };
  const { workspace: _, ...figures } = usage;
  return { ...figures, warnings: warningsOf(usage) };
}
