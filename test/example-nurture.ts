import { CARLA } from './example-hand-offs.js';
import type { IdentityKey } from '../src/domain/identity/keys.js';
import { type Entry, pageView } from './sample-events.js';

const EMIL: IdentityKey = 'email:emil@reader.example';

/** Two of the readers got a nurture mail on 11 January: Carla, whom sales qualified on 1 March, and Emil. */
export const EXAMPLE_NURTURE: readonly Entry[] = [CARLA, EMIL].map((key) =>
  pageView(`drip ${key}`, 10.4, [key], {
    kind: 'email_delivered',
    channel: 'email',
    campaign: 'drip',
    content: { id: 'drip-1' },
  }),
);
