export const EVENT = {
  specversion: '1.0',
  id: 'm-1',
  source: '/billing',
  type: 'com.acme.trial_started',
  time: '2026-03-01T09:30:00Z',
  datacontenttype: 'application/json',
  data: { kind: 'trial_start', email: 'ada@acme.example' },
} as const;

export const EVENT_RECEIPTS = {
  receipts: [
    {
      messageId: '/billing m-1',
      status: 'accepted',
      position: '42',
      eventId: '019ca8b1-2ac0-8b1d-a1c0-5f2e6d7c8b9a',
    },
  ],
} as const;
