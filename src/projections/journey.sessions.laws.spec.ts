import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { day, pageView, type Entry } from '../../test/sample-events.js';
import { type ExampleApi, exampleApi } from '../../test/example-api.js';
import { isEvent, type RecordedEvent } from '../domain/events.js';
import { type IdentityKey, leadIdOf } from '../domain/identity/keys.js';
import { fold } from '../domain/journey.js';
import { resolveSessions } from '../domain/session.js';
import type { Touchpoint } from '../domain/touchpoint.js';
import type { JourneyItem, JourneyPage } from '../queries/journey-items.js';
import { factOf } from './journey/facts.js';
import { NO_MODEL } from './journey/models.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

const ADA = 'email:ada@acme.example' as const;
const BOB = 'email:bob@acme.example' as const;

const CAME: Partial<Touchpoint>[] = [
  { channel: 'direct' },
  { channel: 'direct' },
  { channel: 'direct' },
  { channel: 'organic_search', source: 'google', medium: 'organic' },
  { channel: 'email', source: 'newsletter', campaign: 'spring' },
  { channel: 'referral', source: 'partner.example', medium: 'referral' },
  { channel: 'referral', source: 'acme.okta.com', medium: 'referral' },
  { channel: 'direct', campaign: 'tagged by hand' },
];

/** Touchpoints of two people of one company in the order in which they arrive, some at the same minute. */
const arrivals = fc
  .array(
    fc.record({
      who: fc.constantFrom(ADA, ADA, BOB),
      minute: fc.integer({ min: 0, max: 300 }),
      // None whose verdict follows from other touchpoints: what is expected is read from each event alone.
      kind: fc.constantFrom('page_view', 'page_view', 'chat', 'email_sent', 'ad_click', 'sales_call'),
      came: fc.constantFrom(...CAME),
      verdict: fc.constantFrom('human', 'human', 'unknown', 'crawler'),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((all) =>
    all.map(({ who, minute, came, ...about }, nth) =>
      pageView(`${minute} ${nth}`, minute / 1440, [who], { ...came, ...about }),
    ),
  );

interface Session {
  readonly event: string;
  readonly session: string;
  readonly origin?: string | null;
  readonly channel: string;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaign: string | null;
}

const touchesOf = (entries: readonly Entry[], who: string) =>
  entries.flatMap(({ stream, event }, at) => {
    const recorded = { ...event, workspace: 'w', position: BigInt(at), recordedAt: day(90) } as RecordedEvent;
    if (stream !== `touchpoints-${who}` || !isEvent(recorded, 'TouchpointRecorded')) return [];
    return factOf(recorded, recorded.position).touch?.touch ?? [];
  });

/** What the whole journey says at once, by time. */
function expectedOf(entries: readonly Entry[], who: string): Session[] {
  const steps = fold(NO_MODEL, { traits: {} }, touchesOf(entries, who)).perTouch;
  const placed = steps.map(({ own, part, setsOrigin }) => ({
    ...{ ...own, session: part, setsOrigin },
  }));
  return resolveSessions(placed).map(({ id, sessionId, originId, origin, ...own }) => {
    const { channel, source = null, medium = null, campaign = null } = origin ?? own;
    return { event: id, session: sessionId, origin: originId ?? null, channel, source, medium, campaign };
  });
}

type Shown = Pick<
  JourneyItem,
  'eventId' | 'sessionId' | 'originId' | 'channel' | 'source' | 'medium' | 'campaign'
>;

const itemOf = (item: Shown): Session => ({
  event: item.eventId,
  session: item.sessionId,
  origin: item.originId,
  channel: item.channel,
  source: item.source,
  medium: item.medium,
  campaign: item.campaign,
});

/** All pages of a journey, a few touchpoints each. */
async function journeyOf(path: string, workspace: string, query: string): Promise<Session[]> {
  const items: Session[] = [];
  let after = '';
  do {
    const { body } = await api.get<JourneyPage>(`${path}?limit=7&${query}${after}`, workspace);
    items.push(...body.items.map(itemOf));
    after = body.next === null ? '' : `&cursor=${encodeURIComponent(body.next)}`;
  } while (after !== '');
  return items;
}

const inBi = async (workspace: string, who: IdentityKey): Promise<Session[]> =>
  (
    await api.db.pool.query<Session>(
      `SELECT touchpoint_key AS event, session_key AS session, channel, source, medium, campaign
         FROM bi.fact_touchpoint WHERE workspace = $1 AND lead_key = $2 ORDER BY occurred_at, touchpoint_key`,
      [workspace, leadIdOf(workspace, who)],
    )
  ).rows;

/** Labels of its keys differ from those that the touchpoint shows, in either dimension. */
const OTHERWISE_KEYED = `
  SELECT touchpoint_key FROM bi.fact_touchpoint f
    JOIN bi.dim_source s USING (source_key) JOIN bi.dim_campaign c USING (campaign_key)
   WHERE f.workspace = $1 AND (s.source_id, c.campaign_id) IS DISTINCT FROM (f.source, f.campaign)`;

let worlds = 0;

test(
  'API and BI show the sessions and origins of the whole journey, in whatever order it arrives',
  () =>
    fc.assert(
      fc.asyncProperty(arrivals, fc.nat({ max: 40 }), fc.nat({ max: 40 }), async (entries, first, cut) => {
        const workspace = `world-${++worlds}`;
        const end = Math.min(cut, entries.length);
        await api.add(workspace, entries.slice(0, Math.min(first, end)));
        await api.runner.catchUp();
        const position = await api.add(workspace, entries.slice(Math.min(first, end), end));
        await api.add(workspace, entries.slice(end));
        await api.runner.catchUp();

        for (const who of [ADA, BOB]) {
          const expected = expectedOf(entries, who);
          if (expected.length === 0) continue;
          const path = `/api/leads/${who}/journey`;
          expect(await journeyOf(path, workspace, 'order=asc')).toEqual(expected);
          expect(await journeyOf(path, workspace, 'order=desc')).toEqual(expected.toReversed());
          expect(await inBi(workspace, who)).toEqual(expected.map(({ origin: _, ...session }) => session));

          const before = expectedOf(entries.slice(0, end), who);
          if (before.length > 0)
            expect(await journeyOf(path, workspace, `order=asc&asOf=${position}`)).toEqual(before);
        }
        const all = [...expectedOf(entries, ADA), ...expectedOf(entries, BOB)];
        const company = await journeyOf('/api/accounts/acme.example/journey', workspace, 'order=asc');
        expect(byEvent(company)).toEqual(byEvent(all));
        expect((await api.db.pool.query(OTHERWISE_KEYED, [workspace])).rows).toEqual([]);
      }),
      { numRuns: Number(process.env['LAW_RUNS'] ?? 20), endOnFailure: true },
    ),
  120_000,
);

const byEvent = (sessions: readonly Session[]): Session[] =>
  sessions.toSorted((a, b) => (a.event < b.event ? -1 : 1));
