export const TOUCHPOINT = {
  messageId: 'm-1',
  kind: 'content_download',
  occurredAt: '2026-03-01T09:30:00Z',
  anonymousId: 'a-1',
  userId: 'u-1',
  email: 'ada@acme.example',
  traits: { title: 'CTO', company: 'Acme' },
  channel: 'email',
  source: 'newsletter',
  campaign: 'spring',
  content: { id: 'wp-1', url: 'https://acme.example/wp-1', title: 'Attribution', type: 'white_paper' },
  properties: { pages: 12 },
} as const;

export const NO_IDENTITY = {
  code: 'identity-missing',
  message: 'one of userId, email, crmId, anonymousId is required',
  path: 'userId',
} as const;

export const RECEIPTS = {
  receipts: [
    { messageId: 'm-1', status: 'accepted', position: '42', eventId: '019ca8b1-2ac0-8b1d-a1c0-5f2e6d7c8b9a' },
    { messageId: 'm-2', status: 'rejected', reason: NO_IDENTITY },
  ],
} as const;
