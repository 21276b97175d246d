import { Transform } from 'class-transformer';
import { IsInt, Matches, Max, Min } from 'class-validator';
import { ApiPropertyOptional } from '@nestjs/swagger';
import type { ProjectionStatus } from './checkpoint.js';
import type { ParkedEvent } from './parking.js';

export interface ProjectionList {
  /** Position of the last event in the log. */
  readonly head: string;
  readonly projections: readonly {
    readonly name: string;
    /** Of the code that makes its rows. */
    readonly version: number;
    readonly position: string;
    /** Events of the log it has not applied yet. */
    readonly lag: number;
    readonly status: ProjectionStatus;
    /** Events of this workspace that are parked. */
    readonly parked: number;
    /** Why it does not move, when `status` is failed. */
    readonly error: string | null;
  }[];
}

export interface RebuildStarted {
  /** The projection and those that read its rows. */
  readonly rebuilding: readonly string[];
}

export interface ParkedPage {
  readonly items: readonly ParkedEvent[];
  readonly next: string | null;
}

export interface RetryOutcome {
  readonly tried: number;
  /** Events of this workspace that are parked still. */
  readonly parked: number;
}

export interface LogHead {
  readonly position: string;
}

export class ParkedQuery {
  @ApiPropertyOptional({ description: '`next` of the page before', example: '4711' })
  @Matches(/^\d{1,18}$/, { message: 'give `next` of the page before' })
  cursor: string = '0';

  @ApiPropertyOptional({ minimum: 1, maximum: 1000, default: 100 })
  @Transform(({ value }) => Number(value))
  @IsInt({ message: 'give a whole number from 1 to 1000' })
  @Min(1)
  @Max(1000)
  limit: number = 100;
}

const eventId = '019c2f0e-9a5c-8b1d-a3f0-5d2e6a1c9b47';

export const examples = {
  head: { position: '5124' },
  list: {
    head: '5124',
    projections: [
      {
        name: 'attribution',
        version: 1,
        position: '5120',
        lag: 4,
        status: 'running',
        parked: 0,
        error: null,
      },
      { name: 'journey', version: 1, position: '5124', lag: 0, status: 'running', parked: 2, error: null },
    ],
  },
  rebuilding: { rebuilding: ['journey', 'attribution'] },
  parked: {
    items: [
      {
        position: '4711',
        eventId,
        type: 'TouchpointRecorded',
        keys: ['email:ada@acme.example', 'lead:5b0b1c9e-4c1f-8a2d-a7d3-0f6f6b0f1a11'],
        behind: null,
        error: 'RangeError: Invalid time value',
        attempts: 1,
        overtaken: false,
        parkedAt: '2026-03-01T09:30:00.000Z',
      },
    ],
    next: null,
  },
  retried: { tried: 2, parked: 0 },
  notFound: {
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    code: 'projection-not-found',
    detail: 'There is no projection "journeys"; there are: journey, opportunities, attribution',
  },
} as const;
