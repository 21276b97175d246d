import { SEQUENCE_SORTS } from '../../domain/sequences/ranked-sequences.js';
import { type Parameter, text, word } from '../parameter-docs.js';
import { SEQUENCE_ITEMS } from './sequence-answer.js';
import { SEQUENCE_FORMATS } from './sequence-formats.js';
import { MAX_LENGTH, MAX_SEQUENCES } from './sequence-request.js';

const integer = (description: string, maximum: number, byDefault?: number): Parameter => ({
  schema: { type: 'integer', minimum: 1, maximum, ...(byDefault !== undefined && { default: byDefault }) },
  description,
});

/** Query parameters of sequences. */
export const SEQUENCE_PARAMETERS = {
  sequenceFormat: {
    ...word('Format of the rows, before that of `Accept`', SEQUENCE_FORMATS),
    name: 'format',
  },
  sequencesBy: { ...word('What the steps are; default content', SEQUENCE_ITEMS), name: 'by' },
  touchPersona: { ...text('Only touches of people of this persona', 'buyer'), name: 'persona' },
  touchStage: { ...text('Only touches of people in this buying stage', 'explore'), name: 'stage' },
  closedOnly: {
    schema: { type: 'boolean', default: true },
    description: 'By pipeline: `false` counts opportunities that are still open as not converted',
  },
  minSupport: integer(
    'Journeys that a sequence must be in; default a hundredth of them, at least 2',
    1_000_000,
  ),
  minLength: integer('Steps that a sequence has at least', MAX_LENGTH, 2),
  maxLength: integer('Steps that a sequence has at most', MAX_LENGTH, 3),
  sequenceSort: {
    ...word(
      '`support` (default), `value`: highest first; `conversion`, `lift`: by the lower end of the interval',
      SEQUENCE_SORTS,
    ),
    name: 'sort',
  },
  nextPersona: { ...text('Journeys of leads of this persona', 'technical'), name: 'persona' },
  nextStage: { ...text('Journeys in this buying stage', 'explore'), name: 'stage' },
  afterContent: { ...text('Journeys that went on from this content', 'primer'), name: 'after' },
  forLead: {
    ...text(
      'The lead that it is for, instead of persona, stage and after: a lead id, email:…, user:…, crm:… or anonymous:…',
      'email:ada@acme.example',
    ),
    name: 'lead',
  },
  contentLimit: { ...integer('Rows of each list', 100, 10), name: 'limit' },
  sequenceLimit: { ...integer('Rows', MAX_SEQUENCES, 100), name: 'limit' },
} as const satisfies Record<string, Parameter>;
