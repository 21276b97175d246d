/** Examples of requests and responses for the OpenAPI document. */

export const MAPPING = [
  {
    when: { event: 'Report *', fields: { 'properties.region': { is: 'emea' } } },
    set: { kind: 'content_download', content: { id: { path: 'properties.report_id' }, type: 'report' } },
  },
  { when: { url: '/partners/**' }, set: { campaign: 'partner-program' } },
];

const settings = { allowedOrigins: ['https://www.acme.example'], eventsPerSecond: 500 };

export const NEW = { name: 'site', format: 'segment', settings, mapping: MAPPING, keys: ['public'] };
export const CHANGES = { mapping: MAPPING };

export const COLLECTOR = {
  ...{ id: '3f2a9c0d5b7e4f1689ab0c1d2e3f4a5b', name: 'site', format: 'segment', settings, mapping: MAPPING },
  urls: ['https://touchline.acme.example/v1/track'],
  writeKeys: [
    { prefix: 'wk_7Qm2x', scope: 'public', createdAt: '2026-03-01T09:30:00.000Z', expiresAt: null },
  ],
  secrets: [
    { id: '0d9a3f5e-2b1c-4c8e-9f10-7a6b5c4d3e2f', createdAt: '2026-03-01T09:30:00.000Z', expiresAt: null },
  ],
  createdAt: '2026-03-01T09:30:00.000Z',
  updatedAt: '2026-03-02T10:00:00.000Z',
};

export const CREATED = { ...COLLECTOR, keys: { writeKey: 'wk_…' } };

const event = (data: object) => ({
  type: 'TouchpointRecorded',
  occurredAt: '2026-03-02T09:59:00.000Z',
  data,
});

export const TRIED = {
  ...{ tried: 1, changed: 1, rejected: 0 },
  items: [
    {
      ...{ receivedAt: '2026-03-02T09:59:01.000Z', format: 'segment', call: 'track' },
      item: {
        type: 'track',
        event: 'Report Opened',
        anonymousId: 'a-1',
        properties: { region: 'emea', report_id: 'r-7' },
      },
      before: { events: [event({ kind: 'custom', name: 'Report Opened', identity: ['anonymous:a-1'] })] },
      after: {
        events: [
          event({
            ...{ kind: 'content_download', name: 'Report Opened', identity: ['anonymous:a-1'] },
            content: { id: 'r-7', type: 'report' },
          }),
        ],
      },
    },
  ],
};
