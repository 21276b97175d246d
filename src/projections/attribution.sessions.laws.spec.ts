import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import {
  day,
  opportunityEvents,
  deleteReadModels,
  logOf,
  project,
  roles,
  entry,
  pageView,
  type Entry,
} from '../../test/sample-events.js';
import { defaultModel } from '../commands/publish-model.js';
import { touchesOf, type Candidate } from '../domain/attribution/touches.js';
import { isEvent, type RecordedEvent } from '../domain/events.js';
import { fold } from '../domain/journey.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import type { Touchpoint } from '../domain/touchpoint.js';
import { resolveSessions } from '../domain/session.js';
import { factOf } from './journey/facts.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const ADA = 'email:ada@acme.example' as const;
const OPENED = day(40);
const LOOKBACK_DAYS = 5;

const plain = await defaultModel();
const model: JourneyModel = {
  ...plain,
  contents: [],
  rates: [],
  attribution: { ...plain.attribution, lookbackDays: LOOKBACK_DAYS },
};
const opening: Entry[] = [
  entry('model', 'model', 'JourneyModelPublished', 0, { document: model }),
  ...opportunityEvents('opp-1', { amount: '100.00', openedAt: OPENED, contacts: roles('ada@acme.example') }),
];

const CAME: Partial<Touchpoint>[] = [
  { channel: 'direct' },
  { channel: 'direct' },
  { channel: 'direct' },
  { channel: 'paid_search', source: 'google', medium: 'cpc', campaign: 'spring' },
  { channel: 'email', source: 'newsletter' },
  { channel: 'referral', source: 'partner.example', medium: 'referral' },
];

/** Touchpoints within two hours of the begin of the lookback, few contents, in the order of their arrival. */
const arrivals = fc
  .uniqueArray(
    fc.record({
      minute: fc.integer({ min: -120, max: 120 }),
      came: fc.constantFrom(...CAME),
      content: fc.constantFrom('paper', 'webinar', 'pricing'),
      verdict: fc.constantFrom('human', 'human', 'human', 'crawler'),
    }),
    { selector: ({ minute }) => minute, minLength: 1, maxLength: 25 },
  )
  .map((all) =>
    all.map(({ minute, content, came, verdict }) =>
      pageView(`${minute}`, 40 - LOOKBACK_DAYS + minute / 1440, [ADA], {
        ...came,
        verdict,
        content: { id: content },
      }),
    ),
  );

/** All touchpoints of the log, in the sessions of the whole journey. */
function candidatesOf(log: readonly RecordedEvent[]): Candidate[] {
  const touches = log.flatMap((event) =>
    isEvent(event, 'TouchpointRecorded') ? (factOf(event, event.position).touch?.touch ?? []) : [],
  );
  const steps = fold(model, { traits: {} }, touches).perTouch;
  const placed = steps.map(({ own, part, setsOrigin, content }) => ({
    ...{ ...own, content, session: part, setsOrigin, human: own.verdict === 'human' },
  }));
  return resolveSessions(placed).map(({ id, at, kind, verdict, content, sessionId, origin, ...own }) => {
    const { channel, source = null, campaign = null } = origin ?? own;
    const about = { contentId: content?.id ?? null, contentTitle: content?.title ?? null };
    return {
      ...{ eventId: id, leadId: 'ada', occurredAt: new Date(at), sessionId },
      ...{ kind, verdict, channel, source, campaign, ...about },
    };
  });
}

test(
  'credits follow the session that runs into the lookback, in whatever order it arrives',
  () =>
    fc.assert(
      fc.asyncProperty(
        arrivals,
        fc.nat({ max: 25 }),
        fc.constantFrom(1, 3, 5_000),
        async (entries, opened, size) => {
          await deleteReadModels(db.pool);
          const log = logOf([...entries.slice(0, opened), ...opening, ...entries.slice(opened)]);
          await project(db.pool, log, size);
          const { touches } = touchesOf(candidatesOf(log), {
            ...{ reference: OPENED, openedAt: OPENED, members: new Map([['ada', null]]) },
            ...{ settings: model.attribution, sessionIdleMinutes: model.sessionIdleMinutes },
          });
          const { rows } = await db.pool.query(
            `SELECT event_ids, channels, sources, campaigns FROM touchline.attribution_path
            WHERE superseded_at IS NULL`,
          );
          expect(rows).toEqual([
            {
              event_ids: touches.map(({ eventId }) => eventId),
              channels: touches.map(({ channel }) => channel),
              sources: touches.map(({ source }) => source),
              campaigns: touches.map(({ campaign }) => campaign),
            },
          ]);
        },
      ),
      { numRuns: Number(process.env['FC_RUNS'] ?? 20), endOnFailure: true },
    ),
  120_000,
);
