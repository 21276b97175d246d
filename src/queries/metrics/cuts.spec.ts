import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { CARLA, EXAMPLE_HAND_OFFS } from '../../../test/example-hand-offs.js';
import { EXAMPLE_READERS } from '../../../test/example-readers.js';
import { EXAMPLE } from '../../../test/example-workspace.js';
import { type ExampleApi, exampleApi } from '../../../test/example-api.js';
import { day, type Entry, opportunityEvents, pageView } from '../../../test/sample-events.js';
import type { IdentityKey } from '../../domain/identity/keys.js';
import { metrics } from './all.js';

const CUTS = ['persona', 'source', 'segment', 'campaign', 'month', 'asOf'] as const;
type Cut = (typeof CUTS)[number];

/** The table of docs/metrics.md: of each metric how it is cut by each of CUTS, `—` with the number of the reason. */
const page = await readFile(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
const table = [...page.matchAll(/^\| `([a-z-]+)` +\|(.*)\|$/gm)].map(([, name = '', cells = '']) => ({
  name,
  cells: cells.split('|').map((cell) => cell.trim()),
}));
const cases = table.flatMap(({ name, cells }) =>
  CUTS.map((cut, index) => ({ name, cut, how: cells[index] ?? '' })),
);

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', [...EXAMPLE_READERS, ...EXAMPLE_HAND_OFFS]);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

interface Row {
  readonly keys: readonly (string | null)[];
}
interface Report {
  readonly code?: string;
  readonly asOf: string;
  readonly segment?: string | null;
  readonly rowsOverlap?: boolean;
  readonly rows: readonly Row[];
}
const report = (name: string, query: string, workspace?: string) =>
  api.get<Report>(`/api/metrics/${name}?${query}`, workspace);

/** What a metric must be cut by besides, and asked besides. */
const always = (name: string): string => (name === 'content-influence' ? 'content,' : '');
const besides = (name: string): string => (name === 'pipeline-per-dollar' ? '&model=linear' : '');
const VALUES: Readonly<Record<Exclude<Cut, 'month' | 'asOf'>, string>> = {
  ...{ persona: 'technical', source: 'google', segment: 'price_readers', campaign: 'spring' },
};

test('the table of docs/metrics.md has every metric with every cut, and every reason why one is missing', () => {
  expect(table.map(({ name }) => name).sort()).toEqual(metrics.map(({ name }) => name).sort());
  for (const { name, cut, how } of cases) {
    const where = `${name} by ${cut}: ${how}`;
    expect([where, /^(by|filter|by, filter|yes|—(\[\^\d\])+)$/.test(how)]).toEqual([where, true]);
    for (const [reason] of how.matchAll(/\[\^\d\]/g)) expect(page).toContain(`\n${reason}: `);
  }
});

test.each(cases.filter(({ cut }) => cut !== 'asOf'))(
  '$name is cut by $cut as documented: $how',
  async ({ name, cut, how }) => {
    const { status, body } = await report(name, `by=${always(name)}${cut}${besides(name)}`);
    expect([status, body.code]).toEqual(how.startsWith('by') ? [200, undefined] : [400, 'cut-meaningless']);
    if (cut === 'month') return;
    const filtered = await report(name, `${cut}=${VALUES[cut as keyof typeof VALUES]}`);
    expect(filtered.status).toBe(how.endsWith('filter') ? 200 : 400);
  },
);

test.each(metrics.map(({ name }) => name))(
  '%s as of a position is the same after later events',
  async (name) => {
    const { body: before } = await report(name, '');
    await api.add('main', [pageView(`later ${name}`, 80, [CARLA], { source: 'partner', campaign: 'later' })]);
    await api.runner.catchUp();
    expect((await report(name, `asOf=${before.asOf}`)).body).toEqual(before);
  },
);

/** Money is invested once, and each buyer of pipeline-per-dollar is in one segment. */
const bySegment = cases.filter(({ cut, how }) => cut === 'segment' && how === 'by, filter');

test.each(bySegment)(
  '$name by segment says that rows overlap, and the row of a segment is what its filter counts',
  async ({ name }) => {
    const others = name === 'hooks' ? 'channel,' : always(name);
    const { body } = await report(name, `by=${others}segment`);
    expect(body.rowsOverlap).toBe(true);
    const inSegment = (row: Row): boolean => row.keys.at(-1) === 'price_readers';
    const { body: filtered } = await report(name, `segment=price_readers&by=${others}segment`);
    expect(filtered.segment).toBe('price_readers');
    expect(filtered.rows.filter(inSegment)).toEqual(body.rows.filter(inSegment));
    expect(body.rows.some(inSegment)).toBe(true);
  },
);

interface Funnel {
  readonly steps: readonly { readonly leads: number }[];
  readonly rows: readonly {
    readonly key: string | null;
    readonly steps: readonly { readonly leads: number }[];
  }[];
}

test('a lead in two segments counts in both rows of the funnel, and once in its total', async () => {
  const { body } = await api.get<Funnel>('/api/metrics/funnel?by=segment');
  const leadsIn = (key: string | null) => body.rows.find((row) => row.key === key)?.steps[0]?.leads ?? 0;
  const [overlap] = (await api.get<{ pairs: { both: number }[] }>('/api/segments/overlap')).body.pairs;
  expect(overlap?.both).toBeGreaterThan(0);
  const sum = leadsIn('price_readers') + leadsIn('customers') + leadsIn(null);
  expect(sum - (overlap?.both ?? 0)).toBe(body.steps[0]?.leads);
});

test.each(
  metrics.flatMap(({ name }) =>
    [
      'segment=%00',
      'segment=a&segment=b',
      "segment=';DROP",
      'segment=__proto__',
      'by=segment,',
      'by=constructor',
      'by=',
    ].map((query) => [name, query]),
  ),
)('%s refuses %s with a code', async (name, query) => {
  const { status, body } = await report(name, query);
  expect([status, typeof body.code]).toEqual([400, 'string']);
});

test.each(metrics.map(({ name }) => name))('%s of a workspace without events is empty', async (name) => {
  const { status, body } = await report(name, '', 'nobody');
  expect([status, body.rows]).toEqual([200, []]);
});

const PEOPLE: readonly IdentityKey[] = ['email:ann@law.example', 'email:ben@law.example', 'anonymous:c-1'];
const event = fc.record({
  who: fc.constantFrom(...PEOPLE),
  at: fc.integer({ min: 0, max: 60 }),
  kind: fc.constantFrom('page_view', 'content_download', 'demo_request', 'email_delivered'),
  campaign: fc.constantFrom('drip', 'spring'),
});
const history = fc
  .tuple(fc.array(event, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 50 }), fc.boolean())
  .map(([events, openedAt, won]) => ({
    touches: events.map(({ who, at, ...more }, index) =>
      pageView(`law ${index}`, at, [who, ...(index % 4 === 3 ? ['anonymous:c-1' as const] : [])], {
        ...{ ...more, content: { id: 'pricing' }, source: `source-${index % 3}`, traits: { title: 'CTO' } },
      }),
    ),
    sale: opportunityEvents(
      'law-1',
      {
        amount: '10.00',
        openedAt: day(openedAt),
        contacts: [{ keys: ['email:ann@law.example'], role: 'user' }],
      },
      { status: won ? 'won' : 'lost', closedAt: day(70) },
    ),
  }));

const LEAD_REPORTS = [
  'funnel?by=source',
  'funnel?by=campaign,month',
  'funnel?by=nurture',
  'funnel?by=segment',
  'nurture-lift?by=persona',
  'velocity?by=segment',
];
let runs = 0;

test('no row depends on the order in which events arrived, nor on whether it is read from the newest states or from versions', async () => {
  await fc.assert(
    fc.asyncProperty(
      history,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      async ({ touches, sale }, random) => {
        runs += 1;
        const shuffled = touches
          .map((each) => [random.next().value as number, each] as const)
          .sort(([a], [b]) => a - b);
        const orders: Readonly<Record<string, readonly Entry[]>> = {
          [`sorted-${runs}`]: [...touches, ...sale],
          [`shuffled-${runs}`]: [...sale, ...shuffled.map(([, each]) => each)],
        };
        for (const [workspace, entries] of Object.entries(orders))
          await api.add(workspace, [...EXAMPLE.slice(0, 1), ...entries]);
        await api.runner.catchUp();
        const reports = async (workspace: string, query = '') =>
          Promise.all(
            LEAD_REPORTS.map(async (name) => ({
              ...(await api.get<Report>(`/api/metrics/${name}${query}`, workspace)).body,
            })),
          );
        const [first, second] = await Promise.all(Object.keys(orders).map((workspace) => reports(workspace)));
        expect(second).toEqual(first);
        await api.add('elsewhere', [pageView(`elsewhere ${runs}`, 80, ['anonymous:e-1'])]);
        await api.runner.catchUp();
        const [workspace = ''] = Object.keys(orders);
        expect(await reports(workspace, `&asOf=${first?.[0]?.asOf}`)).toEqual(first);
      },
    ),
    { numRuns: Number(process.env['LAW_RUNS'] ?? 15) },
  );
}, 120_000);
