const timestamp = '2026-03-01T09:30:00Z';

/** One example of each Segment call. */
export const SEGMENT_EXAMPLES = {
  identify: {
    messageId: 'identify-1',
    timestamp,
    userId: 'u-1',
    anonymousId: 'a-1',
    traits: { email: 'ada@acme.example', title: 'CTO' },
  },
  track: {
    messageId: 'track-1',
    timestamp,
    userId: 'u-1',
    event: 'File Downloaded',
    properties: { content_id: 'wp-1', title: 'Attribution for humans', content_type: 'white_paper' },
  },
  page: {
    messageId: 'page-1',
    timestamp,
    anonymousId: 'a-1',
    name: 'Pricing',
    properties: {
      url: 'https://acme.example/pricing?utm_source=linkedin&utm_medium=paid-social',
      title: 'Pricing',
    },
    context: { page: { referrer: 'https://www.linkedin.com/' } },
  },
  screen: { messageId: 'screen-1', timestamp, userId: 'u-1', name: 'Dashboard' },
  group: {
    messageId: 'group-1',
    timestamp,
    userId: 'u-1',
    groupId: 'acme',
    traits: { name: 'Acme', domain: 'acme.example' },
  },
  alias: { messageId: 'alias-1', timestamp, userId: 'u-1', previousId: 'a-1' },
} as const;

export const BATCH_EXAMPLE = {
  sentAt: '2026-03-01T09:30:02Z',
  context: { ip: '203.0.113.7' },
  batch: [
    { type: 'page', ...SEGMENT_EXAMPLES.page, messageId: 'page-2' },
    { type: 'identify', ...SEGMENT_EXAMPLES.identify, messageId: 'identify-2' },
  ],
} as const;

export const TOUCHPOINT_EXAMPLE = {
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

const NO_IDENTITY = {
  code: 'identity-missing',
  message: 'one of userId, email, crmId, anonymousId is required',
  path: 'userId',
} as const;

export const RECEIPTS_EXAMPLE = {
  receipts: [
    { messageId: 'm-1', status: 'accepted', position: '42', eventId: '019ca8b1-2ac0-8b1d-a1c0-5f2e6d7c8b9a' },
    { messageId: 'm-2', status: 'rejected', reason: NO_IDENTITY },
  ],
} as const;

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
      attempts: 1,
      replayedAt: null,
      position: null,
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

export const SETTINGS_EXAMPLE = {
  integrations: { 'Segment.io': { apiKey: 'wk_…', apiHost: 'touchline.acme.example/v1', protocol: 'https' } },
  plan: { track: { __default: { enabled: true, integrations: {} } } },
} as const;

export const SOURCE_CONFIG_EXAMPLE = {
  source: { id: '1f8e…', name: 'touchline', writeKey: 'wk_…', enabled: true, config: {}, destinations: [] },
} as const;
