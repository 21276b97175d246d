import { leadIdOf } from '../src/domain/identity/keys.js';
import { leadStream } from '../src/domain/lead-events.js';
import { entry, type Entry } from './sample-events.js';

const BOB = leadIdOf('main', 'email:bob@acme.example');

/** Recorded in the example workspace, after all that is in it. */
export const EXAMPLE_OPEN_HAND_OFF: readonly Entry[] = [
  entry('bob qualified', leadStream(BOB), 'LeadQualified', 86, {
    ...{ leadId: BOB, cycle: 1, modelVersion: 1, score: 12, grade: 'C', reasons: ['score 12 of 10'] },
  }),
  entry('bob handed off', leadStream(BOB), 'LeadHandedOff', 86.01, {
    ...{ leadId: BOB, cycle: 1, modelVersion: 1, rule: 'home', recipient: { id: 'rep-7', kind: 'rep' } },
    ...{ dueBy: '2026-03-30T09:00:00.000Z', warnAt: '2026-03-30T08:00:00.000Z' },
  }),
];
