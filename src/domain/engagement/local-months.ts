import { type Calendar, calendar } from '../calendar.js';

const EPOCH_2000_MS = 946_684_800_000;
const DAY_MICROS = 86_400_000_000;
/** Of a day whose neighbours are of another month: what month it is depends on the zone and the time. */
const BORDER = -1;

/** Months of instants in a time zone, counted from January of year 0. */
export class LocalMonths {
  readonly #calendar: Calendar;
  /** By days of UTC, which most instants share with others: local time is never a day away. */
  readonly #ofDay = new Map<number, number>();

  constructor(readonly timeZone: string) {
    this.#calendar = calendar(timeZone);
  }

  /** @param micros microseconds since 2000 */
  at(micros: number): number {
    const day = Math.floor(micros / DAY_MICROS);
    let month = this.#ofDay.get(day);
    if (month === undefined) this.#ofDay.set(day, (month = monthAround(day)));
    return month === BORDER ? this.#calendar.month(EPOCH_2000_MS + Math.floor(micros / 1_000)) : month;
  }
}

function monthAround(day: number): number {
  const [before, after] = [monthOfDay(day - 1), monthOfDay(day + 1)];
  return before === after ? before : BORDER;
}

function monthOfDay(day: number): number {
  const date = new Date(EPOCH_2000_MS + (day * DAY_MICROS) / 1_000);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}
