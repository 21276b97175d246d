import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { readCursor, writeCursor } from './arrival-cursor.js';
import { WarningLog } from './warnings.js';

export class WarningsQuery {
  @IsOptional() @IsString() @MaxLength(100) code?: string;
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(500) limit?: number;
  @IsOptional() @IsString() @MaxLength(100) cursor?: string;
}

/** What of accepted messages was replaced or left out. */
@Controller('api/warnings')
@UseGuards(AuthGuard)
export class WarningsController {
  constructor(@Inject(WarningLog) private readonly warnings: WarningLog) {}

  /** Newest first. */
  @Get()
  async list(@RequestWorkspace() workspace: string, @Query() query: WarningsQuery): Promise<object> {
    const { code, limit = 50 } = query;
    const before = readCursor(query.cursor);
    const rows = await this.warnings.page({ workspace, code, limit: limit + 1, before });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const items = page.map(({ workspace: _, number: __, ...item }) => item);
    return { items, next: last ? writeCursor(last.number) : null };
  }
}
