import { Type } from 'class-transformer';
import {
  Allow,
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsISO8601,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { DAY_MS } from '../limits-config.js';
import { Problem } from '../http/problem.js';
import type { Edit } from './correct-rejected.js';
import { COUNT_INTERVALS, COUNT_KEYS, type CountInterval, type CountKey } from './rejected-counts.js';

export class RejectedQuery {
  @IsOptional() @IsString() @MaxLength(100) code?: string;
  @IsOptional() @IsString() @MaxLength(200) collector?: string;
  @IsOptional() @IsIn(['open', 'replayed', 'all']) state?: 'open' | 'replayed' | 'all';
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(500) limit?: number;
  @IsOptional() @IsString() @MaxLength(100) cursor?: string;
}

export class RejectedCountsQuery {
  @IsOptional() @IsIn(COUNT_KEYS) by?: CountKey;
  @IsOptional() @IsIn(COUNT_INTERVALS) interval?: CountInterval;
  @IsOptional() @IsISO8601({ strict: true }) from?: string;
  @IsOptional() @IsISO8601({ strict: true }) to?: string;
  @IsOptional() @IsString() @MaxLength(100) code?: string;
  @IsOptional() @IsString() @MaxLength(200) collector?: string;
}

/** Null stands for what is left out: `next` of the last page is null. */
export class ReplayCommand {
  @IsOptional() @IsArray() @ArrayMaxSize(1000) @IsUUID('all', { each: true }) ids?: string[] | null;
  @IsOptional() @IsString() @MaxLength(100) code?: string | null;
  @IsOptional() @IsString() @MaxLength(200) collector?: string | null;
  @IsOptional() @IsInt() @Min(1) @Max(10_000) limit?: number | null;
  @IsOptional() @IsString() @MaxLength(100) cursor?: string | null;
}

/** Either `payload`, of one row, or `merge`. */
export class CorrectCommand extends ReplayCommand {
  @Allow() payload?: unknown;
  @IsOptional() @IsObject() merge?: Record<string, unknown> | null;
}

/** What is asked of open rows. */
export const selectionOf = ({ ids, code, collector, limit }: ReplayCommand) => ({
  ids: ids ?? undefined,
  code: code ?? undefined,
  collector: collector ?? undefined,
  limit: limit ?? 1000,
});

/** @throws Problem 400 */
export function editOf({ ids, code, payload, merge }: CorrectCommand): Edit {
  const invalid = (path: string, message: string): Problem =>
    new Problem(400, 'invalid', `${path}: ${message}`, [{ path, message }]);
  const isMerge = merge !== undefined && merge !== null;
  if (isMerge === (payload !== undefined)) throw invalid('payload', 'send either payload or merge');
  if (!isMerge) {
    if (ids?.length !== 1) throw invalid('ids', 'name the one row that the payload is of');
    return { payload };
  }
  // Whoever means all of it says why it was rejected.
  if (!ids && !code) throw invalid('ids', 'name the rows by ids or by code');
  return { merge };
}

/** Of the last week unless it says otherwise. @throws Problem 400 */
export function periodOf(
  { from, to }: RejectedCountsQuery,
  now: Date,
): { readonly from: Date; readonly to: Date } {
  const end = to === undefined ? now : new Date(to);
  const start = from === undefined ? new Date(+end - 7 * DAY_MS) : new Date(from);
  if (start < end) return { from: start, to: end };
  const message = 'must be before to';
  throw new Problem(400, 'invalid', `from: ${message}`, [{ path: 'from', message }]);
}
