import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { DATABASE } from '../database/database.js';
import type { Position } from '../domain/events.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { Problem } from '../http/problem.js';
import { beginningOfDay } from './beginning-of-day.js';
import { JourneyModels } from './journey-models.js';
import type { DayOrInstant } from './params.js';
import { reportSettings } from './report-settings.js';

/** An append may hold its time for so long before others see its events. */
const SETTLED_MS = 10_000;
const DAY_MS = 86_400_000;

/** Finds what the log held at a date. */
@Injectable()
export class LogDates {
  /** By instant: nothing is recorded in the past. */
  private readonly known = new LRUCache<number, Position>({ max: 1_000 });

  constructor(
    @Inject(DATABASE) private readonly pool: pg.Pool,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(JourneyModels) private readonly models: JourneyModels,
  ) {}

  /**
   * The position of the last event recorded by an instant, or by the end of a day of the workspace's time zone; 0: there is none.
   *
   * @throws Problem 400 `as-of-in-the-future` events of that time may still come
   */
  async positionAt(workspace: string, date: DayOrInstant): Promise<Position> {
    const until = await this.firstInstantAfter(workspace, date);
    const known = this.known.get(until);
    if (known !== undefined) return known;
    const now = Date.now();
    if (until > now - SETTLED_MS) throw futureDate(date, new Date(now - SETTLED_MS));
    const position = await this.lastBefore(until);
    this.known.set(until, position);
    return position;
  }

  /** In ms since 1970. */
  private async firstInstantAfter(workspace: string, date: DayOrInstant): Promise<number> {
    if ('instant' in date) return +date.instant + 1;
    const model = await this.models.at(workspace, await this.store.head());
    const { timeZone } = await reportSettings(this.pool, workspace, model);
    const begins = Date.parse(`${date.day}T00:00:00Z`);
    // In the future in every zone.
    if (begins > Date.now() + 2 * DAY_MS) return begins;
    const next = new Date(begins + DAY_MS).toISOString().slice(0, 10);
    return +(await beginningOfDay(this.pool, next, timeZone));
  }

  /** Positions are dense, and no event was recorded before those of lower positions. */
  private async lastBefore(until: number): Promise<Position> {
    let [low, high] = [0n, await this.store.head()];
    while (low < high) {
      const middle = (low + high + 1n) / 2n;
      const event = await this.store.readAt(middle);
      if (event && +event.recordedAt < until) low = middle;
      else high = middle - 1n;
    }
    return low;
  }
}

function futureDate(date: DayOrInstant, latest: Date): Problem {
  const asked = 'day' in date ? `the end of ${date.day}` : date.instant.toISOString();
  const message = `${asked} lies in the future, or less than ${SETTLED_MS / 1_000} seconds back: events of it may still come; give a time up to ${latest.toISOString()}`;
  return new Problem(400, 'as-of-in-the-future', `asOf: ${message}`, [{ path: 'asOf', message }]);
}
