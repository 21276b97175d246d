import fc from 'fast-check';
import type { Touchpoint } from '../src/domain/touchpoint.js';
import { type Entry, pageView } from './sample-events.js';

/** Touchpoints of two colleagues, and orders of arrival in which each may change what those before it came to. */

export const PEOPLE = ['email:ada@acme.example', 'email:bob@acme.example'] as const;

/** A touchpoint of one of two colleagues; the id, and so the order of what happens at once, comes from its name. */
export interface Visit extends Pick<Touchpoint, 'kind' | 'verdict'> {
  readonly person: (typeof PEOPLE)[number];
  readonly minutes: number;
  readonly content: string;
}

export const visit: fc.Arbitrary<Visit> = fc.record({
  person: fc.constantFrom(...PEOPLE),
  // Many at once, in one session or on one day, and some years apart.
  minutes: fc
    .tuple(fc.constantFrom(0, 1, 2, 30, 800), fc.integer({ min: 0, max: 11 }))
    .map(([days, slot]) => days * 1_440 + slot * 20),
  kind: fc.constantFrom('demo_request', 'form_fill', 'content_download', 'page_view', 'email_open'),
  verdict: fc.constantFrom('human', 'human', 'human', 'unknown', 'crawler'),
  content: fc.constantFrom('guide', 'report'),
});

/** `firstDay` as in `day`. */
export const entryOf = (
  { person, minutes, kind, verdict, content }: Visit,
  index: number,
  firstDay: number,
): Entry =>
  pageView(`visit ${index}`, firstDay + minutes / 1_440, [person], {
    kind,
    verdict,
    content: { id: content },
  });

export const ORDERS: Readonly<Record<string, (sorted: readonly Entry[]) => readonly Entry[]>> = {
  reversed: (sorted) => sorted.toReversed(),
  'late block': (sorted) => [
    ...sorted.slice(sorted.length / 2),
    ...sorted.slice(0, Math.floor(sorted.length / 2)),
  ],
  interleaved: (sorted) => [
    ...sorted.filter((_entry, index) => index % 2 === 1),
    ...sorted.filter((_entry, index) => index % 2 === 0),
  ],
  'from both ends': (sorted) =>
    sorted.map((_entry, index) => sorted.at(index % 2 === 0 ? index / 2 : -(index + 1) / 2)!),
};

export const sorted = (entries: readonly Entry[]): readonly Entry[] =>
  entries.toSorted(({ event: a }, { event: b }) => +a.occurredAt - +b.occurredAt || (a.id < b.id ? -1 : 1));
