import fc from 'fast-check';
import type { WorkSchedule } from '../src/domain/business-hours.js';
import type { JourneyModel } from '../src/domain/model/journey-model.js';
import { type IdentityKey, leadIdOf } from '../src/domain/identity/keys.js';
import type { Channel, Touchpoint, TouchpointKind } from '../src/domain/touchpoint.js';
import { invested } from './example-investments.js';
import { EXAMPLE } from './example-workspace.js';
import { day, entry, type Entry, opportunityEvents, pageView } from './sample-events.js';

/** Workspaces with buyers, hand-offs, opportunities and investments, for comparing what reads them in different ways. */

const [published] = EXAMPLE;
const example = (published?.event.data as { readonly document: JourneyModel }).document;

/** The example's model with recipients, stages of a persona's own, contents for several cells and an excluded kind. */
const MODEL: JourneyModel = {
  ...example,
  personas: example.personas.map((persona) =>
    persona.id === 'economic' ? { ...persona, stages: example.stages.slice(1) } : persona,
  ),
  contents: [
    ...example.contents.map((content) =>
      content.id === 'pricing'
        ? { ...content, personas: ['technical'], alsoServes: [{ stage: 'evaluate', personas: ['economic'] }] }
        : content,
    ),
    {
      id: 'blog',
      title: 'Blog',
      type: 'article',
      stage: 'evaluate',
      personas: ['technical'],
      urls: ['/blog/**'],
      eachPage: true,
    },
  ],
  routing: {
    recipients: [
      { id: 'rep-1', name: 'Rep One', kind: 'rep', capacity: 2 },
      { id: 'rep-2', name: 'Rep Two', kind: 'partner' },
    ],
  },
  nurture: [{ name: 'newsletter', when: { source: 'newsletter' } }],
  attribution: { ...example.attribution, excludedKinds: ['chat'] },
};

const PEOPLE = 12;
const KINDS: readonly TouchpointKind[] = [
  ...(['page_view', 'content_download', 'webinar_attended', 'demo_request', 'form_fill'] as const),
  ...(['email_sent', 'ad_impression', 'session_start', 'chat', 'email_click', 'custom'] as const),
];
const CONTENTS = ['buying-guide', 'pricing', 'webinar-7', 'report', undefined];
const ORIGINS: readonly (Pick<Touchpoint, 'source' | 'campaign'> & { readonly channel: Channel })[] = [
  { channel: 'direct' },
  { channel: 'email', source: 'newsletter', campaign: 'spring' },
  { channel: 'paid_search', source: 'google', campaign: 'brand' },
  { channel: 'organic_search', source: 'google' },
];
const TITLES = ['CTO', 'CFO', undefined];

const at = fc.integer({ min: 10, max: 550 }).map((tenths) => tenths / 10);
const person = fc.integer({ min: 0, max: PEOPLE - 1 });
const touch = fc.record({
  person,
  at,
  kind: fc.constantFrom(...KINDS),
  content: fc.constantFrom(...CONTENTS),
  origin: fc.constantFrom(...ORIGINS),
  verdict: fc.constantFrom('human' as const, 'human' as const, 'unknown' as const, 'crawler' as const),
  isAnonymous: fc.boolean(),
});
const process = fc.record({
  at,
  recipient: fc.constantFrom('rep-1', 'rep-2', 'rep-9'),
  ends: fc.constantFrom('waits', 'open', 'accepted', 'recycled', 'disqualified', 'assigned'),
  called: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  optsOut: fc.option(fc.integer({ min: -20, max: 60 }), { nil: undefined, freq: 3 }),
});
const sale = fc.record({
  contact: fc.option(person, { nil: undefined }),
  at,
  days: fc.integer({ min: 1, max: 40 }),
  status: fc.constantFrom('open' as const, 'won' as const, 'lost' as const),
  amount: fc.integer({ min: 1, max: 5_000_000 }),
  currency: fc.constantFrom('USD', 'USD', 'EUR', 'JPY'),
  source: fc.constantFrom('Webinar', 'newsletter', undefined),
  owner: fc.constantFrom('rep-1', 'rep-7', undefined),
});

type Made<A> = A extends fc.Arbitrary<infer T> ? T : never;

export interface SalesWorld {
  readonly touches: readonly Made<typeof touch>[];
  /** Of the first leads, one each. */
  readonly processes: readonly Made<typeof process>[];
  readonly sales: readonly Made<typeof sale>[];
}

export const salesWorld: fc.Arbitrary<SalesWorld> = fc.record({
  touches: fc.array(touch, { minLength: 60, maxLength: 120 }),
  processes: fc.array(process, { minLength: 6, maxLength: 6 }),
  sales: fc.array(sale, { minLength: 6, maxLength: 14 }),
});

/** The events of a world in the order of time. */
export function eventsOfWorld(
  workspace: string,
  { touches, processes, sales }: SalesWorld,
): readonly Entry[] {
  const happened = [
    ...touches.map(touchOf),
    ...processes.flatMap((each, nr) => processOf(workspace, each, nr)),
    ...sales.flatMap((each, nr) => saleOf(each, nr)),
  ];
  return [
    entry('model', 'model', 'JourneyModelPublished', 0, { document: MODEL, by: 'ada@touchline.example' }),
    entry('report', 'content-report', 'ContentCatalogued', 1, {
      ...{ contentId: 'report', title: 'Report', type: 'study', author: 'A. Byron' },
      publisher: { name: 'Analysts Ltd', kind: 'analyst' },
      serves: [{ persona: 'technical', stage: 'explore' }],
    }),
    entry('spring', 'campaign-spring', 'CampaignDefined', 1, {
      ...{ campaignId: 'spring', name: 'Spring launch', source: 'newsletter', channel: 'email' },
    }),
    invested('webinars', 310_001, ['2026-01-10', '2026-02-20'], ['source', 'webinar'], {}, 2),
    invested('agency', 70_000, ['2026-02-10', '2026-03-10'], ['campaign', 'spring'], { currency: 'EUR' }, 2),
    invested('fair', 70_000, ['2026-01-10', '2026-02-01'], ['channel', 'event'], {}, 2),
    invested('tokyo', 9_000, ['2026-01-10', '2026-02-01'], ['campaign', 'brand'], { currency: 'JPY' }, 2),
    ...happened.sort((a, b) => +a.event.occurredAt - +b.event.occurredAt),
  ];
}

const emailOf = (nr: number): IdentityKey => `email:p${nr}@firm-${nr % 4}.example`;

function touchOf(
  { person: nr, at: when, kind, content, origin, verdict, isAnonymous }: SalesWorld['touches'][number],
  index: number,
): Entry {
  const title = TITLES[nr % TITLES.length];
  const identity: IdentityKey[] = isAnonymous ? [`anonymous:a-${nr}`] : [`anonymous:a-${nr}`, emailOf(nr)];
  // Seconds apart: what comes first at one instant is decided by ids.
  return pageView(`touch ${index}`, when + index * 1e-5, identity, {
    ...{ kind, verdict, ...origin, content: content === undefined ? {} : { id: content } },
    ...(title !== undefined && !isAnonymous && { traits: { title } }),
  });
}

const WORKDAY = [{ from: '09:00', to: '17:30' }];
const OFFICE: WorkSchedule = {
  timeZone: 'Europe/Berlin',
  hours: { id: 'office', week: { monday: WORKDAY, tuesday: WORKDAY, thursday: WORKDAY, saturday: WORKDAY } },
};

function processOf(
  workspace: string,
  { at: when, recipient, ends, called, optsOut }: SalesWorld['processes'][number],
  nr: number,
): readonly Entry[] {
  const leadId = leadIdOf(workspace, emailOf(nr));
  const stream = `lead-${leadId}`;
  const base = { leadId, cycle: 1 };
  const handedOff = (name: string, to: string, after: number): Entry =>
    entry(name, stream, 'LeadHandedOff', when + after, {
      ...{ ...base, modelVersion: 1, rule: 'all', recipient: { id: to, kind: 'rep' as const } },
      dueBy: day(when + after + 2).toISOString(),
      warnAt: day(when + after + 1).toISOString(),
      // One of the recipients is of a version that did not keep it.
      ...(to !== 'rep-2' && { workSchedule: OFFICE }),
    });
  const answers: Readonly<Record<typeof ends, readonly Entry[]>> = {
    waits: [],
    open: [],
    accepted: [entry(`accepted ${nr}`, stream, 'LeadAccepted', when + 1, { ...base, by: recipient })],
    recycled: [
      entry(`recycled ${nr}`, stream, 'LeadRecycled', when + 3, { ...base, by: 'eva', reason: 'later' }),
    ],
    disqualified: [
      entry(`disqualified ${nr}`, stream, 'LeadDisqualified', when + 3, {
        ...base,
        by: 'eva',
        reason: 'student',
      }),
    ],
    assigned: [handedOff(`assigned ${nr}`, 'rep-2', 3)],
  };
  return [
    // The lead is there before it is decided on.
    pageView(`known ${nr}`, 0.5, [`anonymous:a-${nr}`, emailOf(nr)], { content: {} }),
    entry(`qualified ${nr}`, stream, 'LeadQualified', when, {
      ...{ ...base, modelVersion: 1, score: 41.5, grade: 'B' as const, reasons: ['score 41.5 of 40'] },
    }),
    ...(ends === 'waits' ? [] : [handedOff(`handed ${nr}`, recipient, 0.1)]),
    ...answers[ends],
    ...(optsOut === undefined
      ? []
      : [
          entry(
            `out ${nr}`,
            `identity-${emailOf(nr)}`,
            'ConsentChanged',
            Math.max(0.6, when + optsOut / 10),
            {
              ...{ identity: [emailOf(nr)], channel: 'email', status: 'unsubscribed', reason: 'unsubscribe' },
            },
          ),
        ]),
    ...(called === undefined
      ? []
      : [
          pageView(`call ${nr}`, when + called / 10, [emailOf(nr)], {
            kind: 'sales_call',
            rep: recipient,
            content: {},
          }),
        ]),
  ];
}

function saleOf(
  { contact, at: opened, days, status, amount, ...rest }: SalesWorld['sales'][number],
  nr: number,
): readonly Entry[] {
  const { currency, source, owner } = rest;
  const keys = contact === undefined ? [] : [emailOf(contact)];
  return opportunityEvents(
    `opp-${nr}`,
    {
      ...{
        amount: currency === 'JPY' ? String(amount) : (amount / 100).toFixed(2),
        currency,
        openedAt: day(opened),
      },
      ...(source !== undefined && { source }),
      ...(owner !== undefined && { owner }),
      contacts: keys.map((key) => ({ keys: [key], role: 'champion' })),
    },
    ...(status === 'open' ? [] : [{ status, closedAt: day(opened + days) }]),
  );
}
