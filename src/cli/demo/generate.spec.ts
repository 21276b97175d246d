import { beforeAll, describe, expect, test } from '@jest/globals';
import { kindNamed } from '../../domain/touchpoint.js';
import { segment } from '../../intake/formats/segment.js';
import { isRejected } from '../../intake/outcome.js';
import { Reading } from '../../intake/reading.js';
import { DAY, lastMonday } from './calendar.js';
import { DEMO_DAYS, type DemoData, generate } from './generate.js';
import { isTouch, type Message } from './messages.js';
import { Random } from './random.js';

const UNTIL = new Date('2026-06-29T00:00:00Z');
const share = <T>(list: readonly T[], is: (entry: T) => boolean): number =>
  list.filter(is).length / list.length;

describe('the generated demo data', () => {
  let demo: DemoData;
  beforeAll(() => {
    demo = generate(UNTIL);
  });

  test('has the documented number of accounts, people, touchpoints and opportunities', () => {
    const people = demo.accounts.flatMap((account) => account.people);
    expect([demo.accounts.length, people.length, demo.opportunities.length]).toEqual([300, 2500, 400]);
    expect(demo.touchpoints).toBeGreaterThan(58_000);
    expect(demo.touchpoints).toBeLessThan(62_000);
    expect(new Set(people.map(({ email }) => email)).size).toBe(2500);
    expect(new Set(demo.accounts.map(({ domain }) => domain)).size).toBe(300);
  });

  test('has no event outside its half-year', () => {
    const times = demo.messages.map(({ params }) => +params.timestamp);
    expect(Math.min(...times.slice(0, 1000))).toBeGreaterThanOrEqual(+UNTIL - DEMO_DAYS * DAY);
    expect(times.every((time) => time >= +demo.from && time < +UNTIL)).toBe(true);
    for (const { openedAt, steps, end } of demo.opportunities) {
      const path = [openedAt, ...steps.map(({ at }) => at), ...(end ? [end.at] : [])];
      expect(path.every((at, index) => at < +UNTIL && at >= (path[index - 1] ?? +demo.from))).toBe(true);
    }
  });

  test('has some messages that arrive late and some identical duplicates', () => {
    const first = new Map<string, Message>();
    const again = demo.messages.filter((message) => {
      const before = first.get(message.params.messageId);
      if (before && before.params !== message.params) throw new Error('sent again, but not the same');
      else first.set(message.params.messageId, message);
      return before !== undefined;
    });
    expect(again.length / demo.messages.length).toBeCloseTo(0.01, 2);
    expect(
      share(demo.messages, ({ sentAt, params }) => sentAt - +params.timestamp > DAY / 2),
    ).toBeGreaterThan(0.02);
    expect(
      demo.messages.every(({ sentAt }, index) => sentAt >= (demo.messages[index - 1]?.sentAt ?? 0)),
    ).toBe(true);
  });

  test('has most activity on weekdays', () => {
    const isWeekend = ({ params }: Message) => [0, 6].includes(params.timestamp.getUTCDay());
    expect(share(demo.messages, isWeekend)).toBeLessThan(0.1);
  });

  test('has won, lost and open opportunities, in dollars and a few in euros', () => {
    const won = share(demo.opportunities, ({ end }) => end?.status === 'won');
    const open = share(demo.opportunities, ({ end }) => end === undefined);
    expect(won).toBeGreaterThan(0.15);
    expect(open).toBeGreaterThan(0.25);
    expect(1 - won - open).toBeGreaterThan(0.2);
    expect(share(demo.opportunities, ({ currency }) => currency === 'EUR')).toBeGreaterThan(0.03);
    expect(share(demo.opportunities, ({ currency }) => currency === 'USD')).toBeGreaterThan(0.85);
    expect(share(demo.opportunities, ({ committee }) => committee.length === 0)).toBeLessThan(0.15);
    expect(demo.opportunities.every(({ amount }) => /^\d+\.\d\d$/.test(amount))).toBe(true);
  });

  test('has identified visitors, shared browsers and machines', () => {
    const introduced = demo.messages.filter(({ call }) => call === 'identify');
    expect(introduced.length).toBeGreaterThan(700);
    const users = new Map<string, Set<string>>();
    for (const { call, params } of introduced) {
      if (call !== 'identify') continue;
      const { anonymousId = '', userId = '' } = params;
      users.set(anonymousId, (users.get(anonymousId) ?? new Set()).add(userId));
    }
    expect([...users.values()].filter(({ size }) => size > 1).length).toBeGreaterThan(5);
    const bots = ({ params }: Message) => /bot|Headless|Sentinel/i.test(JSON.stringify(params.context ?? {}));
    expect(demo.messages.filter(bots).length).toBeGreaterThan(300);
  });

  test('is accepted completely by the collector, with a touchpoint kind for every track name', () => {
    const strange = demo.messages.filter(({ call, params }) => {
      const reading = new Reading({ call });
      const item = { ...params, timestamp: params.timestamp.toISOString(), type: call };
      return isRejected(segment.read(item, reading)) || reading.warnings.length > 0;
    });
    expect(strange).toEqual([]);
    const names = new Set(
      demo.messages.flatMap(({ call, params }) =>
        call === 'track' && 'event' in params ? params.event : [],
      ),
    );
    expect([...names].filter((name) => kindNamed(name) === undefined)).toEqual([]);
  });
});

describe('generating the demo data again', () => {
  test('with the same arguments gives the same messages', () => {
    expect(generate(UNTIL, 60)).toEqual(generate(UNTIL, 60));
  });

  test('a week later gives another half-year of the same people', () => {
    const later = generate(new Date(+UNTIL + 7 * DAY), 60);
    const now = generate(UNTIL, 60);
    expect(later.accounts).toEqual(now.accounts);
    expect(+later.from - +now.from).toBe(7 * DAY);
  });

  test('with another size gives other ids, so that both can be in one workspace', () => {
    const ids = (demo: DemoData) => demo.messages.map(({ params }) => params.messageId);
    const small = new Set(ids(generate(UNTIL, 50)));
    expect(ids(generate(UNTIL, 60)).filter((id) => small.has(id))).toEqual([]);
  });

  test('with a handful of people still gives touchpoints and opportunities', () => {
    const tiny = generate(UNTIL, 10);
    expect(tiny.messages.filter(isTouch).length).toBeGreaterThan(20);
    expect(tiny.opportunities.length).toBe(2);
  });
});

describe('the random generator of the demo', () => {
  test('is uniform and the same on every machine', () => {
    const random = new Random('seed');
    const drawn = Array.from({ length: 10_000 }, () => random.next());
    expect(drawn.reduce((sum, value) => sum + value, 0) / 10_000).toBeCloseTo(0.5, 1);
    expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(new Random('seed').hex(12)).toBe(new Random('seed').hex(12));
    expect(new Random('seed').hex(12)).not.toBe(new Random('tree').hex(12));
  });

  test('the demo period ends on a Monday', () => {
    expect(lastMonday(Date.parse('2026-07-01T12:34:56Z'))).toEqual(UNTIL);
    expect(lastMonday(+UNTIL)).toEqual(UNTIL);
  });
});
