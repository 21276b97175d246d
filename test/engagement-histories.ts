import fc from 'fast-check';
import type { JourneyModel } from '../src/domain/model/journey-model.js';
import type { IdentityKey } from '../src/domain/identity/keys.js';
import type { TouchpointKind } from '../src/domain/touchpoint.js';
import { EXAMPLE_MODEL } from './example-workspace.js';
import { entry, type Entry, pageView } from './sample-events.js';

/** Histories in which what is counted of touches changes afterwards: late touches, merges, moves back, ties, another time zone. */

const LEADS = 6;
const CONTENTS = [
  { id: 'pricing' },
  { id: 'pricing', title: 'Prices' },
  { id: 'buying-guide', title: 'The guide', type: 'white_paper' },
  { id: 'Ünïcode \u{1F600}', title: '\uFFFD', type: 'video' },
  { id: 'Ünïcode \uFF5E' },
  {},
];
const ORIGINS = [
  { channel: 'direct' as const },
  { channel: 'email' as const, source: 'newsletter', campaign: 'spring' },
  { channel: 'paid_search' as const, source: 'google' },
];
const KINDS: readonly TouchpointKind[] = [
  ...(['page_view', 'page_view', 'content_download', 'webinar_attended', 'demo_request', 'chat'] as const),
  ...(['email_sent', 'form_fill'] as const),
];

/** A model in which leads go back, one persona has a process of its own and chats do not count. */
const modelIn = (timeZone: string): JourneyModel => ({
  ...EXAMPLE_MODEL,
  timeZone,
  personas: EXAMPLE_MODEL.personas.map((persona) =>
    persona.id === 'economic' ? { ...persona, stages: [...EXAMPLE_MODEL.stages].slice(1) } : persona,
  ),
  stages: EXAMPLE_MODEL.stages.map((stage) =>
    stage.id === 'explore'
      ? { ...stage, enter: [...stage.enter, { name: 'is back', when: { kind: 'form_fill' }, back: true }] }
      : stage,
  ),
  attribution: { ...EXAMPLE_MODEL.attribution, excludedKinds: ['chat'] },
});

const lead = fc.nat(LEADS - 1);
/** Some of the same instant, some around the end of a month in another time zone. */
const at = fc.oneof(
  fc.integer({ min: 10, max: 16 }).map((half) => half / 2),
  fc.constantFrom(30.9, 30.97, 31.02, 31.2, 58.9, 58.97, 59.01, 59.2),
  fc.integer({ min: 0, max: 700 }).map((tenth) => tenth / 10),
);
const touch = fc.record({
  ...{ lead, at, kind: fc.constantFrom(...KINDS), content: fc.constantFrom(...CONTENTS) },
  ...{ origin: fc.constantFrom(...ORIGINS), isAnonymous: fc.boolean() },
  verdict: fc.constantFrom('human' as const, 'human' as const, 'unknown' as const, 'crawler' as const),
});
const happening = fc.oneof(
  { weight: 20, arbitrary: fc.record({ touch }) },
  { weight: 2, arbitrary: fc.record({ merge: fc.uniqueArray(lead, { minLength: 2, maxLength: 2 }) }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;

/** Batches in the order in which they arrive. */
export const engagementHistory: fc.Arbitrary<readonly (readonly Entry[])[]> = fc
  .array(
    fc.record({
      happenings: fc.array(happening, { minLength: 5, maxLength: 30 }),
      zone: fc.constantFrom(null, null, null, null, 'America/New_York', 'Asia/Tokyo'),
    }),
    { minLength: 3, maxLength: 4 },
  )
  .map((batches) =>
    batches.map(({ happenings, zone }, nth) => [
      ...(nth === 0 ? [publish('Europe/Berlin', 'first'), ...CATALOGUE] : []),
      ...happenings.map((each, index) => entryOf(each, `${nth}-${index}`)),
      ...(zone === null ? [] : [publish(zone, String(nth))]),
    ]),
  );

const CATALOGUE: readonly Entry[] = [
  entry('typed', 'content-typed', 'ContentCatalogued', 1, {
    ...{ contentId: 'pricing', title: 'Price list', type: 'list' },
  }),
];

/** Publishes the model of these histories in a time zone. */
export const publish = (timeZone: string, name: string): Entry =>
  entry(`model ${name}`, 'model', 'JourneyModelPublished', 0, { document: modelIn(timeZone), by: name });

const emailOf = (nr: number): IdentityKey => `email:p${nr}@firm-${nr}.example`;

function entryOf(each: Happening, name: string): Entry {
  if ('merge' in each) {
    const [key, otherKey] = each.merge.map(emailOf);
    return entry(`merge ${name}`, `identity-${key}`, 'IdentitiesMerged', 60, {
      ...{ leadId: '', otherLeadId: '', key: key!, otherKey: otherKey! },
    });
  }
  const { lead: nr, at: when, isAnonymous, origin, ...more } = each.touch;
  const title = ['CTO', 'CFO', undefined][nr % 3];
  const identity: IdentityKey[] = isAnonymous ? [`anonymous:a-${nr}`] : [emailOf(nr), `anonymous:a-${nr}`];
  return pageView(`touch ${name}`, when, identity, {
    ...{ ...more, ...origin },
    ...(title !== undefined && !isAnonymous && { traits: { title } }),
  });
}
