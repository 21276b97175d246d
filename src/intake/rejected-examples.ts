import { NO_IDENTITY } from './formats/native/examples.js';

export const WARNINGS_EXAMPLE = {
  items: [
    {
      messageId: 'm-3',
      eventId: '5d0c6a52-93de-84b1-a6c3-0d1e2f3a4b5c',
      receivedAt: '2026-03-01T12:00:00.000Z',
      collector: 'web',
      format: 'segment',
      call: 'track',
      code: 'time-replaced',
      message:
        '"2026-02-30T09:30:00Z" is no time, or one before 1990; 2026-03-01T12:00:00.000Z stands for it',
      path: 'timestamp',
    },
  ],
  next: null,
} as const;

const REJECTED_ID = '7a1f0c52-93de-84b1-a6c3-0d1e2f3a4b5c';

export const REJECTED_EXAMPLE = {
  items: [
    {
      id: REJECTED_ID,
      receivedAt: '2026-03-01T09:30:01.250Z',
      collector: 'web',
      format: 'native',
      call: 'touchpoints',
      unit: 'item',
      messageId: 'm-2',
      reason: NO_IDENTITY,
      payloadBytes: 38,
      source: null,
      attempts: 1,
      replayedAt: null,
      position: null,
      sent: { text: '{ "messageId": "m-2", "kind": "page_view" }' },
      correction: {
        at: '2026-03-02T08:00:00.000Z',
        payload: { messageId: 'm-2', kind: 'page_view', userId: 'u-1' },
      },
      payload: { messageId: 'm-2', kind: 'page_view' },
    },
  ],
  next: null,
} as const;

export const REPLAY_EXAMPLE = {
  tried: 2,
  accepted: 1,
  rejected: 1,
  results: [
    { id: REJECTED_ID, status: 'accepted', position: '43' },
    { id: '0b9c8d7e-6f5a-84b3-a2c1-d0e9f8a7b6c5', status: 'rejected', reason: NO_IDENTITY },
  ],
  next: null,
} as const;

export const COUNTS_EXAMPLE = {
  by: 'code',
  interval: 'day',
  from: '2026-02-22T12:00:00.000Z',
  to: '2026-03-01T12:00:00.000Z',
  items: [
    { from: '2026-02-28T00:00:00.000Z', key: 'identity-missing', open: 3, replayed: 40 },
    { from: '2026-03-01T00:00:00.000Z', key: 'unknown-kind', open: 12, replayed: 0 },
  ],
} as const;

export const RETENTION_EXAMPLE = {
  ...{ days: 90, maxBytes: 1_048_576_000, expiringWithinDays: 7 },
  ...{ rows: 1_600_000, open: 1_500_000, bytes: 870_000_000, share: 0.8297 },
  ...{ oldestKeptAt: '2025-12-06T10:00:00.000Z', expiring: 12, expiresAt: '2026-03-06T10:00:00.000Z' },
  warnings: ['size', 'age'],
} as const;

export const CORRECT_EXAMPLE = {
  tried: 2,
  corrected: 1,
  refused: 1,
  results: [
    { id: REJECTED_ID, status: 'corrected' },
    {
      id: '0b9c8d7e-6f5a-84b3-a2c1-d0e9f8a7b6c5',
      status: 'refused',
      reason: { code: 'not-an-object', message: 'is not a JSON object; replace it by `payload`' },
    },
  ],
  next: null,
} as const;
