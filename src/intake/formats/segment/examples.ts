const timestamp = '2026-03-01T09:30:00Z';

/** One example of each Segment call. */
export const CALL_EXAMPLES = {
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
    { type: 'page', ...CALL_EXAMPLES.page, messageId: 'page-2' },
    { type: 'identify', ...CALL_EXAMPLES.identify, messageId: 'identify-2' },
  ],
} as const;
