import type { SchemaExamples } from './message-schemas.js';

/** Examples of requests, responses and messages for the OpenAPI document. */

export const NEW = {
  url: 'https://crm.acme.example/touchline',
  description: 'CRM: tasks of sales representatives',
  eventTypes: ['lead.handed_off', 'lead.about_to_rot', 'lead.rotten'],
};

export const ENDPOINT = {
  ...{ id: 'wh_3f2a9c0d5b7e4f1689ab0c1d2e3f4a5b', ...NEW, enabled: true, disabledReason: null },
  ...{ createdAt: '2026-03-01T09:30:00.000Z', updatedAt: '2026-03-01T09:30:00.000Z' },
  secrets: [
    { id: '0d9a3f5e-2b1c-4c8e-9f10-7a6b5c4d3e2f', createdAt: '2026-03-01T09:30:00.000Z', expiresAt: null },
  ],
};

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const CREATED = { ...ENDPOINT, secret: SECRET };
export const ROTATED = { secret: SECRET };
export const TESTED = { delivered: false, status: 401, error: 'answered 401', durationMs: 84 };

const lead = {
  leadId: '7d8c9a52-6f0e-8b1d-9e3a-2f4b5c6d7e8f',
  eventId: '5f0c1e2d-3b4a-8c5d-8e6f-7a8b9c0d1e2f',
  position: '5124',
};
const recipient = { id: 'rep-7', kind: 'rep' };
const handOff = {
  handOffId: '9a8b7c6d-5e4f-8a3b-8c2d-1e0f9a8b7c6d',
  recipient,
  dueBy: '2026-03-02T17:00:00Z',
};
const segment = { segment: 'active-evaluators', modelVersion: 3 };

/** `data` of a message of each type. */
export const DATA: SchemaExamples = {
  'lead.qualified': {
    ...{ ...lead, cycle: 1, modelVersion: 3, persona: 'technical-buyer', stage: 'evaluation' },
    ...{ score: 62.5, grade: 'B', reasons: ['score 62.5 is at least 50', 'grade B is at least C'] },
  },
  'lead.handed_off': {
    ...{ ...lead, cycle: 1, modelVersion: 3, recipient, rule: 'emea' },
    ...{ dueBy: '2026-03-02T17:00:00Z', warnAt: '2026-03-02T13:00:00Z', serviceLevel: 'price readers' },
  },
  'lead.accepted': { ...lead, cycle: 1, by: 'rep-7' },
  'lead.recycled': { ...lead, cycle: 1, by: 'rep-7', reason: 'no budget', wakeAt: '2026-09-01T00:00:00Z' },
  'lead.disqualified': { ...lead, cycle: 1, by: 'rep-7', reason: 'competitor' },
  'lead.about_to_rot': { ...lead, cycle: 1, ...handOff },
  'lead.rotten': { ...lead, cycle: 1, ...handOff },
  'segment.entered': { ...lead, ...segment },
  'segment.left': { ...lead, ...segment },
};

export const MESSAGE = {
  type: 'lead.handed_off',
  timestamp: '2026-03-02T09:00:00.000Z',
  data: DATA['lead.handed_off'],
};

export const DELIVERY = {
  ...{ id: 'msg_1b2c3d4e-5f6a-8b7c-8d9e-0f1a2b3c4d5e', type: 'lead.handed_off', leadId: lead.leadId },
  ...{ state: 'pending', attempts: 1, createdAt: '2026-03-02T09:00:00.120Z' },
  ...{ lastAttemptAt: '2026-03-02T09:00:00.180Z', nextAttemptAt: '2026-03-02T09:00:05.900Z' },
  ...{ lastStatus: 503, lastError: 'answered 503', message: MESSAGE },
};
