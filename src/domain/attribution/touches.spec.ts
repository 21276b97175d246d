import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_ATTRIBUTION } from './settings.js';
import { touchesOf, type Candidate, type TouchCriteria } from './touches.js';

const at = (day: number, minute = 0): Date => new Date(Date.UTC(2026, 0, day, 9, minute));

/** A page view of its own content in its own session. */
const touchpoint = (eventId: string, occurredAt: Date, more: Partial<Candidate> = {}): Candidate => ({
  eventId,
  leadId: 'ada',
  occurredAt,
  kind: 'page_view',
  channel: 'email',
  source: null,
  campaign: null,
  contentId: `content-${eventId}`,
  contentTitle: null,
  sessionId: `session-${eventId}`,
  verdict: 'human',
  ...more,
});
const question = (more: Partial<TouchCriteria> = {}): TouchCriteria => ({
  reference: at(30),
  openedAt: at(20),
  closedAt: at(30),
  members: new Map([['ada', null]]),
  settings: DEFAULT_ATTRIBUTION,
  sessionIdleMinutes: 30,
  ...more,
});
const eventIds = (candidates: Candidate[], more?: Partial<TouchCriteria>) =>
  touchesOf(candidates, question(more)).touches.map(({ eventId }) => eventId);
const milestonesOf = (candidates: Candidate[], more?: Partial<TouchCriteria>) =>
  Object.fromEntries(
    touchesOf(candidates, question(more)).touches.map(({ eventId, milestones }) => [
      eventId,
      milestones.join('+'),
    ]),
  );

describe('touches of an opportunity', () => {
  test('are within the lookback before the reference date, inclusive at both ends', () => {
    const settings = { ...DEFAULT_ATTRIBUTION, lookbackDays: 10 };
    const candidates = [
      touchpoint('before', new Date(+at(20) - 1)),
      touchpoint('start', at(20)),
      touchpoint('end', at(30)),
      touchpoint('after', new Date(+at(30) + 1)),
    ];
    expect(eventIds(candidates, { settings })).toEqual(['start', 'end']);
    expect(touchesOf(candidates, question({ settings })).passedOver).toEqual([
      { eventId: 'before', why: 'before-lookback' },
      { eventId: 'after', why: 'after-reference' },
    ]);
  });

  test.each([
    ['a mail that was only sent', { kind: 'email_sent' }, 'kind'],
    ['an ad that was only shown', { kind: 'ad_impression' }, 'kind'],
    ['an open by a machine', { kind: 'email_open', verdict: 'machine_open' }, 'verdict'],
    ['a crawler', { verdict: 'crawler' }, 'verdict'],
    ['our own staff', { verdict: 'internal' }, 'verdict'],
    ['a channel excluded by the model', { channel: 'affiliate' }, 'channel'],
  ] as const)('do not include %s', (_, more, why) => {
    const settings = { ...DEFAULT_ATTRIBUTION, excludedChannels: ['affiliate' as const] };
    const { touches, passedOver } = touchesOf([touchpoint('a', at(3), more)], question({ settings }));
    expect(touches).toEqual([]);
    expect(passedOver).toEqual([{ eventId: 'a', why }]);
  });

  test('include a person not yet distinguished from a machine', () =>
    expect(eventIds([touchpoint('a', at(3), { verdict: 'unknown' })])).toEqual(['a']));

  test('repeated for one content in one session are one touch at the time of the first', () => {
    const session = { sessionId: 's', contentId: 'wp-1' };
    const { touches, passedOver } = touchesOf(
      [
        touchpoint('download', at(3, 5), { ...session, kind: 'content_download' }),
        touchpoint('other', at(3, 4), { sessionId: 's' }),
        touchpoint('view', at(3), session),
        touchpoint('next session', at(4), { ...session, sessionId: 't' }),
        touchpoint('colleague', at(5), { ...session, leadId: 'bob' }),
      ],
      question({
        members: new Map([
          ['ada', null],
          ['bob', null],
        ]),
      }),
    );
    expect(touches.map(({ eventId, repeats }) => [eventId, ...repeats])).toEqual([
      ['view', 'download'],
      ['other'],
      ['next session'],
      ['colleague'],
    ]);
    expect(passedOver).toEqual([{ eventId: 'download', why: 'repeat', of: 'view' }]);
  });

  test('without content are counted separately', () => {
    const call = { kind: 'sales_call', contentId: null, sessionId: 's' } as const;
    expect(eventIds([touchpoint('a', at(3), call), touchpoint('b', at(3, 1), call)])).toEqual(['a', 'b']);
  });
});

describe('milestones', () => {
  const journey = [2, 5, 9, 18, 25, 29].map((day) => touchpoint(`day ${day}`, at(day)));

  test('are the first touch, lead created, the last before the opening and the last before the close', () =>
    expect(milestonesOf(journey, { members: new Map([['ada', at(9)]]) })).toEqual({
      'day 2': 'first',
      'day 5': '',
      'day 9': 'lead_created',
      'day 18': 'opportunity_created',
      'day 25': '',
      'day 29': 'close',
    }));

  test('can all be the same touch', () =>
    expect(milestonesOf([touchpoint('a', at(3))], { members: new Map([['ada', at(4)]]) })).toEqual({
      a: 'first+lead_created+opportunity_created+close',
    }));

  test('of pipeline do not include the close', () =>
    expect(
      milestonesOf([touchpoint('a', at(3))], { reference: at(20), closedAt: undefined as unknown as Date }),
    ).toEqual({ a: 'first+opportunity_created' }));

  test('include a form reported just after the identification as lead_created', () =>
    expect(
      milestonesOf([touchpoint('form', at(3, 1))], { members: new Map([['ada', at(3)]]) }),
    ).toMatchObject({
      form: 'first+lead_created+opportunity_created+close',
    }));

  test('do not include lead_created for a person known from an import', () =>
    expect(milestonesOf([touchpoint('a', at(3))], { members: new Map([['ada', at(1)]]) })).toMatchObject({
      a: 'first+opportunity_created+close',
    }));

  describe('lead_created of a committee', () => {
    const kate = (eventId: string, day: number) => touchpoint(eventId, at(day), { leadId: 'kate' });
    const austin = (eventId: string, day: number) => touchpoint(eventId, at(day), { leadId: 'austin' });
    const leadCreated = (known: Record<string, Date | null>, ...candidates: Candidate[]) =>
      touchesOf(candidates, question({ members: new Map(Object.entries(known)) })).touches.flatMap(
        ({ eventId, milestones }) => (milestones.includes('lead_created') ? [eventId] : []),
      );
    const ad = kate('ad', 2);
    const form = austin('form', 9);
    const webinar = kate('webinar', 12);

    /** Kate's anonymous ad comes first, Austin is the first whose name is known: Marketo Measure's example. */
    test.each<[string, Record<string, Date | null>, Candidate[], string[]]>([
      ['goes to the member known first, not to the one seen first', { kate: at(20), austin: at(9) }, [ad, form, webinar], ['form']],
      ['ignores a member known later by an earlier touch', { kate: at(10), austin: at(9) }, [ad, form], ['form']],
      ['goes to the earlier touch of the member known first', { kate: at(8), austin: at(9) }, [ad, form], ['ad']],
      ['goes to the earlier touch of two members known at the same time', { kate: at(9), austin: at(9) }, [ad, form], ['ad']],
      ['ignores a member who is still anonymous', { kate: null, austin: at(9) }, [ad, form], ['form']],
      ['skips a member known without a touch', { kate: at(1), austin: at(9) }, [form], ['form']],
      ['skips a member known from an import before the first touch', { kate: at(1), austin: at(9) }, [ad, form], ['form']],
      ['does not exist if no member became known by a touch', { kate: at(1), austin: at(5) }, [ad, form], []],
      ['is the last touch of the member up to the identification', { kate: at(12), austin: at(14) }, [ad, webinar, form], ['webinar']],
    ])('%s', (_, known, candidates, expected) => {
      expect(leadCreated(known, ...candidates)).toEqual(expected);
      expect(leadCreated(known, ...candidates.toReversed())).toEqual(expected);
      const others = Object.fromEntries(Object.entries(known).toReversed());
      expect(leadCreated(others, ...candidates)).toEqual(expected);
    }); // prettier-ignore

    test('is searched within the lookback only', () => {
      const settings = { ...DEFAULT_ATTRIBUTION, lookbackDays: 20 };
      const members = new Map([
        ['kate', at(9)],
        ['austin', at(12)],
      ]);
      const milestones = (...candidates: Candidate[]) => milestonesOf(candidates, { settings, members });
      // The reference date is day 30: Kate's touch of day 2 lies before the lookback, that of day 10 after she was known.
      expect(milestones(kate('ad', 2), kate('later', 10), austin('form', 11))).toEqual({
        later: 'first',
        form: 'lead_created+opportunity_created+close',
      });
    });
  });
});

test('touches do not depend on the order of the candidates', () => {
  const candidate = fc.record({
    eventId: fc.uuid(),
    occurredAt: fc.integer({ min: 1, max: 35 }).map((day) => at(day)),
    leadId: fc.constantFrom('ada', 'bob'),
    contentId: fc.constantFrom('wp-1', 'wp-2', null),
    sessionId: fc.constantFrom('s', 't'),
  });
  const journeys = fc.uniqueArray(candidate, { selector: ({ eventId }) => eventId, maxLength: 20 });
  const shuffled = journeys.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  const members = new Map([
    ['ada', at(9)],
    ['bob', at(7)],
  ]);
  const touches = (list: Partial<Candidate>[]) =>
    touchesOf(
      list.map((each) => touchpoint(each.eventId!, each.occurredAt!, each)),
      question({ members }),
    );
  fc.assert(fc.property(shuffled, ([list, other]) => expect(touches(other)).toEqual(touches(list))));
});

test('a large committee reads each touch a constant number of times', () => {
  let reads = 0;
  const people = Array.from({ length: 500 }, (_, nth) => `lead-${nth}`);
  const candidates = people.map((leadId, nth) =>
    Object.defineProperty(touchpoint(`t-${nth}`, at(5)), 'leadId', { get: () => ((reads += 1), leadId) }),
  );
  touchesOf(candidates, question({ members: new Map(people.map((leadId) => [leadId, at(6)])) }));
  expect(reads).toBeLessThan(10 * candidates.length);
});
