import type { IdentityKey } from '../src/domain/identity/keys.js';
import { EXAMPLE } from './example-workspace.js';
import { day, type Entry, opportunityEvents, pageView } from './sample-events.js';

/** One opportunity each, with one contact; `|` is the opening, and each touch a day after the one before. */
export const SALES: readonly (readonly [
  journey: string,
  outcome: 'won' | 'lost' | 'open',
  amount: string,
  title: string,
])[] = [
  ['primer case-study | pricing', 'won', '1000.00', 'CTO'],
  ['primer blog case-study pricing |', 'won', '2000.00', 'CTO'],
  ['blog primer primer case-study |', 'won', '3000.00', 'CFO'],
  ['blog case-study |', 'won', '4000.00', 'CFO'],
  ['primer case-study | pricing', 'lost', '5000.00', 'CTO'],
  ['case-study primer | pricing', 'lost', '6000.00', 'CTO'],
  ['blog |', 'lost', '7000.00', 'CFO'],
  ['case-study blog |', 'lost', '8000.00', 'CTO'],
  ['|', 'lost', '9000.00', 'CFO'],
  ['primer case-study |', 'open', '500.00', 'CTO'],
];

const CLOSE = 40;

/** Sales of a workspace with the model of the example: of four with the primer before the case study three were won, of four others one. */
export const EXAMPLE_SALES: readonly Entry[] = [
  ...EXAMPLE.slice(0, 1),
  ...SALES.flatMap(([journey, outcome, amount, title], index) => {
    const identity: IdentityKey[] = [`email:buyer-${index}@sales.example`];
    const steps = journey.split(' ');
    const touches = steps.flatMap((content, at) =>
      content === '|'
        ? []
        : [
            pageView(`sale ${index} ${at}`, 10 + at, identity, {
              content: { id: content },
              traits: { title },
            }),
          ],
    );
    const opening = {
      amount,
      openedAt: day(10.5 + steps.indexOf('|') - 1),
      contacts: [{ keys: identity, role: 'champion' }],
    };
    const close = outcome === 'open' ? [] : [{ status: outcome, closedAt: day(CLOSE) }];
    return [...touches, ...opportunityEvents(`sale-${index}`, opening, ...close)];
  }),
];
