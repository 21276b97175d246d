import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arrive } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { EXAMPLE } from '../../test/example-workspace.js';
import { queryApi, type QueryApi } from '../../test/query-api.js';
import { day, type Entry, entry, opportunityEvents, pageView } from '../../test/sample-events.js';
import { ruleId } from '../../test/rule-ids.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { Freshness } from '../subscriptions/api/freshness.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import type { Verdict } from '../domain/touchpoint.js';
import type { VerdictMatch } from '../domain/verdict/rule.js';

/** What follows from a verdict rule is what would be if the touchpoints that it takes for a machine's had never been sent. */
const CLOCK = day(120);
const store = new MemoryEventStore(() => CLOCK);
let db: TestDatabase;
let api: QueryApi;
let runner: SubscriptionRunner;
beforeAll(async () => {
  db = await testDatabase();
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: projections });
  await runner.catchUp();
  api = await queryApi({ pool: db.pool, store, freshness: new Freshness(db.pool, runner.moved) });
});
afterAll(async () => {
  await api.close();
  await runner.stop();
  await db.drop();
});

const ADA = 'email:ada@acme.example' as const;
const KINDS = ['page_view', 'content_download', 'webinar_attended', 'demo_request'] as const;

interface Visit {
  readonly nth: number;
  readonly kind: (typeof KINDS)[number];
  readonly ip: string;
}
const at = ({ nth }: Visit): number => 2 + nth;
const nameOf = ({ nth }: Visit): string => `visit-${nth}`;
const entryOf = (visit: Visit): Entry =>
  pageView(nameOf(visit), at(visit), [ADA], {
    kind: visit.kind,
    channel: 'email',
    context: { ip: visit.ip },
  });
const idOf = (visit: Visit): string => entryOf(visit).event.id;

const visits = fc
  .array(fc.record({ kind: fc.constantFrom(...KINDS), ip: fc.constantFrom('198.51.100.7', '203.0.113.7') }), {
    minLength: 1,
    maxLength: 20,
  })
  .map((all) => all.map((visit, nth): Visit => ({ ...visit, nth })));

/** A rule, and which of the visits it is about. */
interface Rule {
  readonly match: VerdictMatch;
  readonly isAbout: (visit: Visit) => boolean;
}
const ruleOf: fc.Arbitrary<Rule> = fc.oneof(
  fc.constant<Rule>({
    match: { networks: ['198.51.100.0/24'] },
    isAbout: ({ ip }) => ip.startsWith('198.51.100.'),
  }),
  fc.tuple(fc.nat(20), fc.nat(10)).map(([from, days]): Rule => ({
    match: { from: day(2 + from).toISOString(), to: day(2 + from + days + 1).toISOString() },
    isAbout: ({ nth }) => nth >= from && nth <= from + days,
  })),
  fc.constantFrom(...KINDS).map((kind): Rule => ({
    match: { kinds: [kind] },
    isAbout: (visit) => visit.kind === kind,
  })),
  fc.constantFrom(...KINDS).map((kind): Rule => ({
    match: { kinds: [kind], networks: ['203.0.113.7'] },
    isAbout: (visit) => visit.kind === kind && visit.ip === '203.0.113.7',
  })),
);

const published = (nth: number, verdict: Verdict, match: VerdictMatch): Entry =>
  entry(`rule-${nth}`, 'verdict-rules', 'VerdictRulePublished', 100, {
    rule: { ruleId: ruleId(nth), verdict, match },
  });

const MODEL = EXAMPLE.filter(({ stream }) => stream === 'model');
/** Of a network and a time that no rule is about: there is always a lead. */
const FIRST = pageView('first', 1, [ADA], { kind: 'form_fill', context: { ip: '192.0.2.1' } });
const WON = opportunityEvents(
  'opp-1',
  { amount: '1000.00', openedAt: day(60), contacts: [{ keys: [ADA], role: 'user' }] },
  { status: 'won', closedAt: day(90) },
);
const worldOf = (all: readonly Visit[]): readonly Entry[] => [...MODEL, FIRST, ...all.map(entryOf), ...WON];

const LEAD = `/api/leads/${ADA}`;
const ATTRIBUTION = '/api/attribution?from=2026-01-01&to=2027-01-01&by=content&model=';
const QUESTIONS = [
  ...[LEAD, `${LEAD}/score?limit=100`, `${LEAD}/stages`, `${LEAD}/journey?limit=100`],
  ...['linear', 'first', 'time_decay', 'w_shaped'].map((model) => `${ATTRIBUTION}${model}&limit=100`),
  ...['/api/opportunities/opp-1/attribution', `${LEAD}/explain`],
];
const answersOf = (workspace: string, asOf: bigint): Promise<readonly string[]> =>
  Promise.all(
    QUESTIONS.map(async (path) => {
      const answer = await api.get(`${path}${path.includes('?') ? '&' : '?'}asOf=${asOf}`, workspace);
      expect([path, answer.status]).toEqual([path, 200]);
      return answer.text;
    }),
  );

interface Answer {
  readonly score: number;
  readonly stage: string | null;
  readonly items: readonly Record<string, unknown>[];
  readonly rows: readonly Record<string, unknown>[];
}
const asked = async (workspace: string, path: string): Promise<Answer> => {
  const { status, body } = await api.get<Answer>(path, workspace);
  expect([path, status, body]).toEqual([path, 200, body]);
  return body;
};

/** Score with its ledger, stage with its history, and credits by content. */
async function followsFrom(workspace: string): Promise<object> {
  const { score, stage } = await asked(workspace, LEAD);
  const ledger = (await asked(workspace, `${LEAD}/score?limit=100`)).items;
  const stages = (await asked(workspace, `${LEAD}/stages`)).items;
  const credits = await Promise.all(
    ['linear', 'first', 'time_decay', 'w_shaped'].map(async (model) =>
      (await asked(workspace, `${ATTRIBUTION}${model}&limit=100`)).rows.map(({ key, value }) => [key, value]),
    ),
  );
  return {
    ...{ score, stage, credits },
    ledger: ledger.map(({ occurredAt, rule, points, scoreAfter }) => [occurredAt, rule, points, scoreAfter]),
    stages: stages.map(({ from, to, at: time }) => [from, to, time]),
  };
}

test('score, stage and credits follow verdict rules by network, time and kind, and answers of before stay byte for byte', async () => {
  let run = 0;
  const verdicts = fc.constantFrom<Verdict>('internal', 'crawler', 'link_scanner');
  const property = fc.asyncProperty(
    visits,
    ruleOf,
    verdicts,
    fc.option(fc.nat(19), { nil: undefined }),
    async (all, rule, verdict, overruled) => {
      const [workspace, twin] = [`w${++run}`, `twin${run}`];
      await arrive(store, workspace, worldOf(all));
      await runner.catchUp();
      const before = await store.head();
      const [answers, counted] = [await answersOf(workspace, before), await followsFrom(workspace)];

      // One rule may overrule another.
      const human = all.filter(({ nth }) => nth === overruled);
      await arrive(store, workspace, [
        published(1, verdict, rule.match),
        ...(human.length > 0 ? [published(2, 'human', { eventIds: human.map(idOf) })] : []),
      ]);
      const left = all.filter((visit) => !rule.isAbout(visit) || human.includes(visit));
      await arrive(store, twin, worldOf(left));
      await runner.catchUp();

      const after = await followsFrom(workspace);
      expect(after).toEqual(await followsFrom(twin));
      if (left.length < all.length) expect(after).not.toEqual(counted);
      expect(await answersOf(workspace, before)).toEqual(answers);
    },
  );
  await fc.assert(property, { numRuns: Number(process.env['LAW_RUNS'] ?? 15), endOnFailure: true });
}, 120_000);
