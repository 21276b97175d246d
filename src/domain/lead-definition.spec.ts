import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TEST_MODEL } from '../../test/journey-models.js';
import { leadUnder, touch } from '../../test/lead-snapshots.js';
import { leadLifecycle, type LeadState } from './lead-lifecycle.js';
import { readinessRules } from './lead-definition.js';
import type { LeadSnapshot } from './lead-snapshot.js';
import { GRADES, type JourneyModel } from './model/journey-model.js';
import type { LeadRecycled } from './lead-events.js';

const day = (nr: number): number => Date.UTC(2026, 2, nr, 12);
const model: JourneyModel = {
  ...TEST_MODEL,
  triggers: [{ id: 'form', name: 'Filled in a form', when: { kind: 'form_fill' } }],
  grading: {
    rules: [{ name: 'country', when: { country: { known: true } }, points: 70 }],
    grades: { A: 80, B: 60, C: 40, D: 20, E: 5 },
  },
  leadDefinitions: [
    {
      persona: 'buyer',
      minScore: 30,
      minGrade: 'B',
      minStage: 'buy',
      traits: { country: { is: ['ES', 'PT'] } },
      disqualifiers: [{ name: 'student', when: { traits: { title: { words: ['student'] } } } }],
    },
    { minScore: 10, triggers: [{ trigger: 'form', withinDays: 30 }] },
  ],
  leadFilters: [
    { name: 'rivals', when: { account: { domain: 'rival.example' } }, outcome: 'disqualify' },
    { name: 'new readers', when: { did: [{ when: { kind: 'ad_click' } }] }, outcome: 'nurture' },
  ],
  internalDomains: ['acme.example'],
  competitorDomains: ['other.example'],
};
const { assess, readsJourney } = readinessRules(model);
const cfo = { title: 'CFO', country: 'ES' };
const ready = leadUnder(model, cfo, [touch(day(1), 'demo_request')]);
const engineer = leadUnder(model, { title: 'CTO' }, [touch(day(1), 'form_fill')]);

const address = { email: 'info@free.example', provider: 'free_mail', bouncedAt: null } as const;

describe('the e-mail address of a lead that is otherwise ready', () => {
  const rules = (filters: JourneyModel['leadFilters'] = []) =>
    readinessRules({ ...model, leadFilters: filters });

  test('that does not work keeps it from sales, with the day on which mail bounced', () =>
    expect(rules().assess({ ...ready, address: { ...address, bouncedAt: day(1) } }, day(1))).toMatchObject({
      ready: false,
      missing: ['its e-mail address does not work: mail bounced on 2026-03-01'],
    }));

  test('of a role or at a free provider is no obstacle unless the model says so', () => {
    const lead = { ...ready, address };
    expect(rules().assess(lead, day(1)).ready).toBe(true);
    const filter = { name: 'role addresses', when: { email: 'role' }, outcome: 'nurture' } as const;
    expect(rules([filter]).assess(lead, day(1)).missing).toEqual([
      'filter role addresses: stays with marketing',
    ]);
    const [definition] = model.leadDefinitions ?? [];
    const disqualifiers = [
      { name: 'private address', when: { email: ['free_mail', 'disposable'] } } as const,
    ];
    const strict = readinessRules({ ...model, leadDefinitions: [{ ...definition, disqualifiers }] });
    expect(strict.assess(lead, day(1)).missing).toEqual([
      'disqualifier of the lead definition: private address',
    ]);
    expect(strict.assess(ready, day(1)).ready).toBe(true);
  });
});

describe('a lead that meets the lead definition of its persona', () => {
  test('is ready, with a reason for each part', () =>
    expect(assess(ready, day(1))).toEqual({
      ready: true,
      holds: [
        'score 30 of 30',
        'grade B (B or better)',
        'buying stage Buy (Buy or later)',
        'country is ES or PT',
      ],
      missing: [],
    }));

  test('is ready by the definition without persona where its own has none', () =>
    expect(assess(engineer, day(1))).toEqual({
      ready: true,
      holds: ['score 10 of 10', 'trigger Filled in a form on 2026-03-01'],
      missing: [],
    }));
});

describe('a lead is not ready', () => {
  const missing = (lead: Partial<LeadSnapshot>, at = day(1)): readonly string[] =>
    assess({ ...ready, ...lead }, at).missing;

  test.each<[string, Partial<LeadSnapshot>, string]>([
    ['the score is too low', { score: { score: 12.36, scoredAt: day(1) } }, 'score 12.4 of 30'],
    ['the grade is too low', { grade: 'D' }, 'grade D; B or better is required'],
    ['there is no grade', { grade: null }, 'no grade, as no traits are known; B or better is required'],
    ['the stage is too early', { stage: 'look' }, 'buying stage Look; Buy or later is required'],
    ['there is no stage', { stage: null }, 'no buying stage yet; Buy or later is required'],
    ['a trait is another', { traits: { title: 'CFO', country: 'FR' } }, 'country must be ES or PT'],
    [
      'a disqualifier matches',
      { traits: { title: 'student', country: 'ES' } },
      'disqualifier of the lead definition: student',
    ],
    [
      'a filter matches',
      { account: { id: 'r', domain: 'eu.rival.example' } },
      'filter rivals: is never a lead',
    ],
    [
      'it is anonymous',
      { known: false },
      'nobody knows who it is: it has no e-mail address, user id or CRM id',
    ],
    ['it opted out', { optedOutAt: day(1) }, 'opted out of mail on 2026-03-01'],
    ['it is one of our own', { emailDomain: 'mail.acme.example' }, 'is one of our own (internalDomains)'],
    [
      'it belongs to a competitor',
      { account: { id: 'o', domain: 'other.example' } },
      'belongs to a competitor (competitorDomains)',
    ],
    ['it has an open opportunity', { hasOpenOpportunity: true }, 'is a contact of an open opportunity'],
    [
      'it is in process',
      { decided: state({ status: 'handed_off' }) },
      'is in process already: it is handed off to sales',
    ],
    [
      'it was disqualified',
      { decided: state({ status: 'disqualified', reason: 'student' }) },
      'was disqualified: student',
    ],
  ])('as long as %s, and says so', (_, change, text) => expect(missing(change)).toEqual([text]));

  test('only once its score is below the minimum with one decimal, not some minutes after it reached it', () => {
    const minute = 60_000;
    expect(assess(ready, day(1) + 30 * minute).ready).toBe(true);
    expect(missing({}, day(1) + 60 * minute)).toEqual(['score 29.9 of 30']);
  });

  test('once its score has decayed below the minimum', () =>
    expect(missing({}, day(2))).toEqual(['score 28.6 of 30']));

  test('once its trigger is too long ago', () =>
    expect(assess(engineer, day(40)).missing).toEqual([
      'score 1.5 of 10',
      'trigger Filled in a form was not seen within 30 days',
    ]));

  test('and all that is missing is told at once', () =>
    expect(missing({ known: false, grade: 'F', stage: null })).toHaveLength(3));

  test('where the model has no definition for it', () => {
    const none = readinessRules({ ...model, leadDefinitions: [{ persona: 'engineer', minScore: 1 }] });
    expect(none.assess(ready, day(1)).missing).toEqual(['no lead definition is for the persona Buyer']);
    expect(readinessRules(TEST_MODEL).assess(ready, day(1)).missing).toEqual([
      'the journey model has no lead definition',
    ]);
  });
});

describe('the stories of quality over quantity', () => {
  const visits = Array.from({ length: 60 }, (_, nr) =>
    touch(day(1 + nr), 'page_view', { content: { url: 'https://acme.example/pricing' } }),
  );

  test('a daily visitor without fit, whose points are capped and decay, is never ready', () => {
    const visitor = leadUnder(model, { title: 'blogger' }, visits);
    for (const { at } of visits) expect(assess(visitor, at).ready).toBe(false);
  });

  test('a decision maker who did little but asked for a demo is ready at once', () =>
    expect(assess(leadUnder(model, cfo, [touch(day(5), 'demo_request')]), day(5)).ready).toBe(true));

  test('a persona that becomes known late makes the same journey ready', () => {
    const touches = [touch(day(5), 'demo_request')];
    expect(assess(leadUnder(model, {}, touches), day(5)).ready).toBe(false);
    expect(assess(leadUnder(model, cfo, touches), day(5)).ready).toBe(true);
  });
});

describe('a recycled lead', () => {
  const recycledWith = (
    touches: readonly Parameters<typeof touch>[0][],
    wakeUp: Pick<LeadRecycled, 'wakeAt' | 'wakeWhen'> = {},
  ) =>
    leadUnder(
      model,
      cfo,
      [touch(day(1), 'demo_request'), ...touches.map((at) => touch(at, 'demo_request'))],
      {
        decided: state({
          status: 'recycled',
          since: new Date(day(2)),
          reason: 'no budget',
          wakeUp,
          cycle: 1,
        }),
      },
    );

  test('is not ready by what it did before', () =>
    expect(assess(recycledWith([]), day(1)).missing).toEqual([
      'was recycled on 2026-03-02: score since then 0 of 30',
    ]));

  test('is ready again by what it does since', () =>
    expect(assess(recycledWith([day(12)]), day(12))).toMatchObject({ ready: true }));

  test('sleeps until its day, and is then ready whatever its score is', () => {
    const sleeping = recycledWith([], { wakeAt: '2026-06-01T08:00:00.000Z' });
    const at = Date.parse('2026-06-01T08:00:00.000Z');
    expect(assess(sleeping, at - 1).missing).toContainEqual(
      'was recycled on 2026-03-02: score since then 0 of 30, and sleeps until 2026-06-01',
    );
    expect(assess(sleeping, at)).toEqual({
      ready: true,
      holds: [
        'woke up on 2026-06-01, as agreed when it was recycled: no budget',
        'grade B (B or better)',
        'country is ES or PT',
      ],
      missing: [],
    });
  });

  test('wakes up by what it does after it was recycled', () => {
    const wakeWhen = { when: { content: { id: 'pricing' } } };
    const look = (at: number) => touch(at, 'page_view', { content: { url: 'https://acme.example/pricing' } });
    const lead = (...touches: ReturnType<typeof touch>[]) =>
      leadUnder(model, cfo, touches, {
        decided: state({
          status: 'recycled',
          since: new Date(day(2)),
          reason: 'no budget',
          wakeUp: { wakeWhen },
        }),
      });
    expect(assess(lead(look(day(1))), day(50)).ready).toBe(false);
    expect(assess(lead(look(day(50))), day(50))).toMatchObject({
      ready: true,
      holds: [
        'did what it was to wake up by when it was recycled: no budget',
        'grade B (B or better)',
        'country is ES or PT',
      ],
    });
  });

  test('that opted out does not wake up', () =>
    expect(
      assess({ ...recycledWith([], { wakeAt: '2026-03-05T00:00:00Z' }), optedOutAt: day(3) }, day(9)).missing,
    ).toEqual(['opted out of mail on 2026-03-03']));
});

test('a lead that is not ready without its journey is not ready with it', () => {
  const kinds = fc.constantFrom('page_view', 'demo_request', 'form_fill', 'ad_click');
  const touches = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), kinds), { maxLength: 12 });
  const lead = fc.record({
    grade: fc.constantFrom(...GRADES, null),
    known: fc.boolean(),
    decided: fc.constantFrom(
      leadLifecycle.initial,
      state({ status: 'recycled', since: new Date(day(20)) }),
      state({
        status: 'recycled',
        since: new Date(day(20)),
        wakeUp: { wakeWhen: { when: { kind: 'ad_click' } } },
      }),
      state({ status: 'qualified' }),
    ),
  });
  const traits = fc.constantFrom(cfo, { title: 'CTO' }, {});
  let found = 0;
  fc.assert(
    fc.property(touches, traits, lead, fc.integer({ min: 20, max: 90 }), (done, who, rest, at) => {
      const whole = leadUnder(
        model,
        who,
        done.map(([nr, kind]) => touch(day(nr), kind)),
        rest,
      );
      const { ready } = assess(whole, day(at));
      if (ready) found += 1;
      expect(!ready || assess({ ...whole, journey: undefined }, day(at)).ready).toBe(true);
      if (!readsJourney(whole)) expect(assess({ ...whole, journey: undefined }, day(at)).ready).toBe(ready);
    }),
    { numRuns: 2_000 },
  );
  expect(found).toBeGreaterThan(0);
});

function state(part: Partial<LeadState>): LeadState {
  return { ...leadLifecycle.initial, ...part };
}
