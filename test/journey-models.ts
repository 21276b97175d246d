import { DEFAULT_ATTRIBUTION } from '../src/domain/attribution/settings.js';
import type { JourneyModel } from '../src/domain/model/journey-model.js';

/** A model that exercises every kind of rule on the journeys of journeys.ts. */
export const TEST_MODEL: JourneyModel = {
  name: 'test',
  currency: 'EUR',
  timeZone: 'Europe/Berlin',
  rates: [],
  personas: [
    {
      id: 'buyer',
      name: 'Buyer',
      when: [{ title: { words: ['CFO'] } }],
      stages: [
        { id: 'look', name: 'Look', enter: [{ name: 'any', when: {} }] },
        { id: 'buy', name: 'Buy', enter: [{ name: 'demo', when: { kind: 'demo_request' } }] },
      ],
    },
    { id: 'engineer', name: 'Engineer', when: [{ title: { words: ['CTO', 'engineer'] } }] },
  ],
  stages: [
    {
      id: 'look',
      name: 'Look',
      enter: [
        { name: 'reads', when: { content: { stage: 'look' } } },
        { name: 'back again', when: { afterSilenceDays: 14 }, back: true },
      ],
    },
    {
      id: 'weigh',
      name: 'Weigh',
      enter: [{ name: 'twice', when: { kind: 'page_view', count: { atLeast: 2, withinDays: 7 } } }],
    },
    {
      id: 'buy',
      name: 'Buy',
      enter: [
        { name: 'demo', when: { kind: 'demo_request' } },
        {
          name: 'after form',
          when: { content: { id: 'pricing' }, afterTrigger: { trigger: 'form', withinDays: 10 } },
        },
      ],
    },
  ],
  triggers: [{ id: 'form', when: { kind: 'form_fill' } }],
  contents: [
    { id: 'pricing', title: 'Pricing', type: 'pricing', stage: 'buy', urls: ['/pricing'] },
    { id: 'blog', title: 'Blog', type: 'article', stage: 'look', urls: ['/blog/**'], eachPage: true },
  ],
  scoring: {
    halfLifeDays: 14,
    rules: [
      { name: 'demo', when: { kind: 'demo_request' }, points: 30, cap: { count: 1, per: 'week' } },
      { name: 'form', when: { trigger: 'form' }, points: 10, cap: { count: 2, per: 'ever' } },
      { name: 'paper', when: { content: { type: 'white_paper' } }, points: 7, oncePerContent: true },
      {
        name: 'engineer reads',
        when: { content: { stage: 'look' } },
        persona: 'engineer',
        points: 5,
        cap: { count: 1, per: 'session' },
      },
      {
        name: 'price',
        when: { content: { id: 'pricing' }, count: { atLeast: 2 } },
        points: 4.5,
        cap: { count: 1, per: 'day' },
      },
      { name: 'mail', when: { kind: 'email_open', property: { plan: { is: 'pro' } } }, points: -2 },
      { name: 'page', when: { kind: 'page_view' }, points: 1, cap: { count: 3, per: 'month' } },
    ],
  },
  grading: {
    rules: [
      { name: 'large', when: { employees: { atLeast: 100 } }, points: 50 },
      { name: 'chief', when: { title: { words: ['CTO', 'CFO'] } }, points: 40 },
    ],
    grades: { A: 80, B: 50, C: 40, D: 20, E: 1 },
  },
  nurture: [
    { name: 'spring', when: { campaign: 'spring' } },
    { name: 'mailed articles', when: { channel: 'email', content: { type: 'article' } } },
  ],
  sessionIdleMinutes: 30,
  attribution: DEFAULT_ATTRIBUTION,
};

export const OTHER_MODEL: JourneyModel = {
  ...TEST_MODEL,
  name: 'other',
  timeZone: 'Pacific/Auckland',
  sessionIdleMinutes: 90,
  relays: ['portal.acme.example'],
  mailProviders: { add: ['acme.example.com'], remove: ['gmail.com'] },
  contents: TEST_MODEL.contents.slice(1),
  scoring: { halfLifeDays: 7, rules: TEST_MODEL.scoring.rules.slice(2) },
  personas: [
    ...TEST_MODEL.personas.slice(1),
    // Whoever has an address is of this persona from then on, traits or not.
    {
      id: 'addressee',
      name: 'Addressee',
      when: [{ email: { known: true } }],
      stages: [{ id: 'look', name: 'Look', enter: [{ name: 'opens', when: { kind: 'email_open' } }] }],
    },
  ],
  nurture: [{ name: 'pro', when: { property: { plan: { is: 'pro' } } } }],
};
