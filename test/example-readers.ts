import type { IdentityKey } from '../src/domain/identity/keys.js';
import { type Entry, pageView } from './sample-events.js';

/** Days into 2026 on which technical buyers download a guide, read, and ask for a demo. */
interface Reader {
  readonly name: string;
  readonly guide: number;
  readonly reads: readonly (readonly [content: string, at: number])[];
  readonly demo?: number;
}

/** Of the four that explore, two read the case study, and one of the two asked for a demo in time. */
const READERS: readonly Reader[] = [
  { name: 'carla', guide: 5, reads: [['case-study', 6]], demo: 16 },
  { name: 'dora', guide: 5.1, reads: [['case-study', 7]] },
  { name: 'emil', guide: 5.2, reads: [['blog', 8]] },
  { name: 'fred', guide: 5.3, reads: [['blog', 9]], demo: 60 },
];

export const EXAMPLE_READERS: readonly Entry[] = READERS.flatMap(({ name, guide, reads, demo }) => {
  const identity: IdentityKey[] = [`email:${name}@reader.example`];
  const traits = { title: 'CTO' };
  return [
    pageView(`guide ${name}`, guide, identity, {
      kind: 'content_download',
      content: { id: 'primer' },
      traits,
    }),
    ...reads.map(([content, at]) =>
      pageView(`${content} ${name}`, at, identity, { content: { id: content } }),
    ),
    ...(demo === undefined
      ? []
      : [pageView(`demo ${name}`, demo, identity, { kind: 'demo_request', content: { id: 'pricing' } })]),
  ];
});
