import type { JourneyModel } from '../src/domain/model/journey-model.js';
import { DEFAULT_ATTRIBUTION } from '../src/domain/attribution/settings.js';
import type { IdentityKey } from '../src/domain/identity/keys.js';
import { day, opportunityEvents, type Entry, entry, pageView } from './sample-events.js';

/** The log of a small company for which every query of the API has an interesting response. */

export const EXAMPLE_MODEL: JourneyModel = {
  name: 'Example',
  currency: 'USD',
  timeZone: 'Europe/Berlin',
  rates: [{ currency: 'EUR', date: '2026-01-01', rate: 1.08 }],
  personas: [
    { id: 'technical', name: 'Technical buyer', when: [{ title: { words: ['CTO', 'engineer'] } }] },
    { id: 'economic', name: 'Economic buyer', when: [{ title: { words: ['CFO', 'finance'] } }] },
  ],
  stages: [
    {
      id: 'explore',
      name: 'Explore',
      enter: [{ name: 'reads a guide', when: { kind: 'content_download' } }],
    },
    {
      id: 'evaluate',
      name: 'Evaluate',
      enter: [{ name: 'attends a webinar', when: { kind: 'webinar_attended' } }],
    },
    { id: 'decide', name: 'Decide', enter: [{ name: 'asks for a demo', when: { kind: 'demo_request' } }] },
  ],
  triggers: [],
  contents: [
    {
      id: 'buying-guide',
      title: 'The buying guide',
      type: 'white_paper',
      stage: 'explore',
      urls: ['/guides/buying'],
    },
    { id: 'pricing', title: 'Pricing', type: 'pricing', stage: 'decide', urls: ['/pricing'] },
  ],
  scoring: {
    halfLifeDays: 30,
    rules: [
      { name: 'demo asked for', when: { kind: 'demo_request' }, points: 40 },
      { name: 'guide downloaded', when: { kind: 'content_download' }, points: 15, oncePerContent: true },
      { name: 'page seen', when: { kind: 'page_view' }, points: 2, cap: { count: 3, per: 'day' } },
    ],
  },
  grading: {
    rules: [{ name: 'decides on technology', when: { title: { words: ['CTO'] } }, points: 60 }],
    grades: { A: 80, B: 60, C: 40, D: 20, E: 10 },
  },
  segments: [
    {
      id: 'price_readers',
      name: 'Read the prices',
      when: { did: [{ when: { content: { id: 'pricing' } } }] },
    },
    { id: 'customers', name: 'Customers', when: { lifecycle: 'customer' } },
  ],
  nurture: [{ name: 'drip mails', when: { campaign: 'drip' } }],
  sessionIdleMinutes: 30,
  attribution: { ...DEFAULT_ATTRIBUTION, lookbackDays: 180 },
};

const ada: IdentityKey[] = ['email:ada@acme.example', 'anonymous:a-1'];
const bob: IdentityKey[] = ['email:bob@acme.example'];
const contacts = [
  { keys: ['email:ada@acme.example' as IdentityKey], role: 'decision_maker' },
  { keys: ['crm:003Hr00001', 'email:bob@acme.example'] as IdentityKey[], role: 'champion' },
];
const guide = { url: 'https://www.acme.example/guides/buying' };
const pricing = { url: 'https://www.acme.example/pricing' };

export const EXAMPLE: readonly Entry[] = [
  entry('model', 'model', 'JourneyModelPublished', 0, {
    document: EXAMPLE_MODEL,
    by: 'ada@touchline.example',
  }),
  entry('acme', 'account-acme', 'AccountObserved', 1, {
    accountId: 'acme',
    name: 'Acme',
    domain: 'acme.example',
  }),
  pageView('search', 3.4, ['anonymous:a-1'], { content: guide, source: 'google' }),
  pageView('guide', 3.42, ada, {
    kind: 'content_download',
    channel: 'email',
    source: 'newsletter',
    campaign: 'spring',
    content: guide,
    traits: { name: 'Ada Lovelace', title: 'CTO', company: 'Acme' },
  }),
  pageView('price', 12.3, ['anonymous:a-1'], { channel: 'direct', content: pricing }),
  pageView('webinar', 20.6, bob, {
    kind: 'webinar_attended',
    channel: 'event',
    campaign: 'spring',
    content: { id: 'webinar-7', title: 'Live: from lead to revenue', type: 'webinar' },
    traits: { name: 'Bob Noyce', title: 'CFO' },
  }),
  pageView('demo', 24.5, ada, { kind: 'demo_request', channel: 'direct', content: pricing }),
  ...opportunityEvents(
    'opp-1',
    {
      name: 'Acme 2026',
      accountId: 'acme',
      amount: '120000.00',
      openedAt: day(25),
      stage: 'discovery',
      source: 'webinar',
      owner: 'rep-7',
      contacts,
    },
    { stage: 'proposal' },
    { status: 'won', closedAt: day(60) },
  ),
  pageView('late', 30.2, bob, { channel: 'email', source: 'newsletter', content: pricing }),
  ...opportunityEvents(
    'opp-2',
    {
      name: 'Globex pilot',
      accountId: 'globex.example',
      amount: '8000.00',
      currency: 'EUR',
      openedAt: day(40),
    },
    { status: 'won', closedAt: day(70) },
  ),
  ...opportunityEvents(
    'opp-3',
    { name: 'Initech', accountId: 'initech.example', amount: '500000', currency: 'JPY', openedAt: day(45) },
    { status: 'won', closedAt: day(80) },
  ),
  pageView('visitor', 88.1, ['anonymous:a-9'], {
    channel: 'paid_search',
    source: 'google',
    campaign: 'brand',
    content: pricing,
  }),
];
