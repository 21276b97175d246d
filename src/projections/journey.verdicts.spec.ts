import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { mailTouch, RECIPIENTS } from '../../test/mails.js';
import { deleteRows, project } from '../../test/project.js';
import { entry, logOf, pageView, type Entry } from '../../test/sample-events.js';
import { journey } from './journey.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());
beforeEach(() => deleteRows(db.pool, journey));

const ADA = ['email:ada@acme.example'] as const;
const model = entry('model', 'model', 'JourneyModelPublished', 0, {
  document: {
    ...TEST_MODEL,
    ...{ personas: [], contents: [], triggers: [] },
    stages: [{ id: 'weigh', name: 'Weigh', enter: [{ name: 'clicked', when: { kind: 'email_click' } }] }],
    scoring: { halfLifeDays: 30, rules: [{ name: 'click', when: { kind: 'email_click' }, points: 5 }] },
  },
});
const click = (
  name: string,
  seconds: number,
  link: string,
  more: Parameters<typeof mailTouch>[4] = {},
): Entry => mailTouch(name, 'email_click', seconds, ADA, { link, ...more });

interface Version {
  readonly event: string;
  readonly verdict: string;
  readonly reasons: readonly string[] | null;
  readonly from: string;
  readonly to: string | null;
}

const versions = async (entries: readonly Entry[]): Promise<Version[]> => {
  const names = new Map(entries.map(({ event }, nth) => [event.id, `event ${nth}`]));
  const { rows } = await db.pool.query<Version>(
    `SELECT event_id AS event, verdict, detail -> 'reasons' AS reasons, known_from::text AS from, superseded_at::text AS to
       FROM touchline.journey WHERE kind <> 'page_view' ORDER BY occurred_at, known_from`,
  );
  return rows.map((row) => ({ ...row, event: names.get(row.event) ?? row.event }));
};

const scores = async (position: number): Promise<number> => {
  const { rows } = await db.pool.query<{ points: number }>(
    `SELECT coalesce(sum(points), 0)::float8 AS points FROM touchline.score_change
      WHERE known_from <= $1 AND (superseded_at IS NULL OR superseded_at > $1)`,
    [position],
  );
  return rows[0]?.points ?? NaN;
};

describe('a second link at once makes both clicks a scanner’s', () => {
  const entries = [model, click('one', 3_600, 'a'), click('two', 3_600.5, 'b')];

  test.each([1, 5_000])('from its position on, in batches of %i', async (size) => {
    await project(db.pool, journey, logOf(entries), size);
    const scanned = { verdict: 'link_scanner', reasons: ['links-at-once'], from: '3', to: null };
    expect(await versions(entries)).toEqual([
      { event: 'event 1', verdict: 'human', reasons: null, from: '2', to: '3' },
      { event: 'event 1', ...scanned },
      { event: 'event 2', ...scanned },
    ]);
  });

  test('and takes back score and stage, which earlier positions keep', async () => {
    await project(db.pool, journey, logOf(entries), 1);
    expect([await scores(2), await scores(3)]).toEqual([5, 0]);
    const { rows } = await db.pool.query('SELECT score, stage, touchpoints FROM touchline.lead');
    expect(rows).toEqual([{ score: 0, stage: null, touchpoints: 2 }]);
  });

  test('and what the events themselves say is kept', async () => {
    await project(db.pool, journey, logOf(entries), 1);
    const { rows } = await db.pool.query<{ recorded: unknown }>(
      `SELECT detail -> 'recorded' AS recorded FROM touchline.journey WHERE superseded_at IS NULL`,
    );
    expect(rows.map(({ recorded }) => recorded)).toEqual(Array(2).fill({ verdict: 'human', reasons: [] }));
  });
});

test('a delivery that arrives late makes a click before it a scanner’s', async () => {
  const entries = [model, click('one', 4, 'a'), mailTouch('delivered', 'email_delivered', 0, ADA)];
  await project(db.pool, journey, logOf(entries), 1);
  expect((await versions(entries)).slice(1)).toEqual([
    { event: 'event 1', verdict: 'human', reasons: null, from: '2', to: '3' },
    {
      event: 'event 1',
      verdict: 'link_scanner',
      reasons: ['soon-after-delivery', 'before-open'],
      from: '3',
      to: null,
    },
  ]);
});

test('an open that arrives late gives a click back to the person', async () => {
  const entries = [
    model,
    mailTouch('delivered', 'email_delivered', 0, ADA),
    click('one', 40, 'a'),
    mailTouch('open', 'email_open', 30, ADA),
  ];
  await project(db.pool, journey, logOf(entries), 1);
  expect((await versions(entries)).filter(({ event }) => event === 'event 2')).toEqual([
    { event: 'event 2', verdict: 'link_scanner', reasons: ['before-open'], from: '3', to: '4' },
    { event: 'event 2', verdict: 'human', reasons: null, from: '4', to: null },
  ]);
  expect(await scores(4)).toBe(5);
});

test.each([1, 5_000])('clicks of five recipients at once are a scanner’s, in batches of %i', async (size) => {
  const clicks = RECIPIENTS.slice(0, 6).map((key, nth) =>
    mailTouch(`click ${nth}`, 'email_click', 3_600 + nth / 5, [key], {
      link: 'a',
      address: `198.51.100.${nth}`,
    }),
  );
  const entries = [model, ...clicks];
  await project(db.pool, journey, logOf(entries), size);
  const standing = (await versions(entries)).filter(({ to }) => to === null);
  expect(standing.map(({ verdict, reasons, from }) => [verdict, reasons?.join(), from])).toEqual(
    ['6', '6', '6', '6', '6', '7'].map((from) => ['link_scanner', 'recipients-at-once', from]),
  );
});

test('five recipients of different mails, or of a mail provider, are five people', async () => {
  const clicks = RECIPIENTS.slice(0, 5).flatMap((key, nth) => [
    mailTouch(`mail ${nth}`, 'email_click', 3_600, [key], { campaign: `mail ${nth}` }),
    mailTouch(`free ${nth}`, 'email_click', 7_200, [`email:person-${nth}@gmail.com`]),
  ]);
  await project(db.pool, journey, logOf([model, ...clicks]), 3);
  expect(new Set((await versions([])).map(({ verdict }) => verdict))).toEqual(new Set(['human']));
});

test('a touchpoint that a claim gave to another person is judged again there', async () => {
  const before = [pageView('page', 1, ['user:u-1']), click('one', 3_600, 'a')];
  const claimed = entry('claim', 'identity-u-1', 'IdentityClaimed', 2, { identity: ['user:u-1', ...ADA] });
  const entries = [model, ...before, claimed, click('two', 3_600.5, 'b')];
  await project(db.pool, journey, logOf(entries), 1);
  const { rows } = await db.pool.query(
    `SELECT count(DISTINCT lead_id)::int AS leads, count(*) FILTER (WHERE verdict = 'link_scanner')::int AS scans
       FROM touchline.journey WHERE superseded_at IS NULL`,
  );
  expect(rows).toEqual([{ leads: 1, scans: 2 }]);
});

test('touchpoints that are no mail’s leave nothing behind', async () => {
  await project(db.pool, journey, logOf([model, pageView('page', 1, ADA)]), 1);
  const { rows } = await db.pool.query(
    'SELECT FROM touchline.mail_group UNION ALL SELECT FROM touchline.mail_slot',
  );
  expect(rows).toEqual([]);
});

test('a recipient who clicks thousands of times costs a bounded state', async () => {
  const clicks = Array.from({ length: 3_000 }, (_, nth) => click(`click ${nth}`, 3_600 + nth, `${nth % 4}`));
  await project(db.pool, journey, logOf([model, ...clicks]), 500);
  const { rows } = await db.pool.query<{ kind: string; most: number }>(
    `SELECT 'group' AS kind, max(length(state::text)) AS most FROM touchline.mail_group
     UNION ALL SELECT 'slot', max(length(state::text)) FROM touchline.mail_slot`,
  );
  expect(rows.every(({ most }) => most < 20_000)).toBe(true);
  const { rows: counted } = await db.pool.query(
    `SELECT count(*)::int AS people FROM touchline.journey WHERE superseded_at IS NULL AND verdict = 'human'`,
  );
  expect(counted).toEqual([{ people: 0 }]);
}, 60_000);
