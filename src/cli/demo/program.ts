import { DAY, HOUR, startOfDay } from './calendar.js';
import { BLOG, CASES, type Content, GUIDES, PAPERS, WEBINARS } from './content.js';
import { Random } from './random.js';

/** Marketing activities at fixed times for all people. */
export interface Program {
  /** Every second Tuesday, 9:00. */
  readonly newsletters: readonly {
    readonly at: number;
    readonly issue: number;
    readonly contents: readonly Content[];
  }[];
  readonly webinars: readonly { readonly at: number; readonly content: Content; readonly number: number }[];
  /** Three days of the trade show Factory Forward. */
  readonly fair: number;
}

/** @param from a Monday, 00:00 UTC */
export function programOf(from: number, until: number): Program {
  const random = new Random('program');
  const every = (days: number, first: number) =>
    Array.from({ length: 30 }, (_, index) => from + first + index * days * DAY).filter((at) => at < until);
  return {
    newsletters: every(14, DAY + 9 * HOUR).map((at, index) => ({
      at,
      issue: index + 1,
      contents: [
        random.pick(BLOG),
        random.pick([...GUIDES, ...PAPERS]),
        random.pick([...WEBINARS, ...CASES]),
      ],
    })),
    webinars: every(28, 17 * DAY + 15 * HOUR).map((at, index) => ({
      at,
      number: index + 1,
      content: WEBINARS[index % WEBINARS.length] ?? random.pick(WEBINARS),
    })),
    fair: startOfDay(from + 99 * DAY + 9 * HOUR),
  };
}
