export const PAYLOAD_EXAMPLE = {
  schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
  data: [
    {
      e: 'pv',
      eid: 'b1f3a9f2-3f0a-4d0e-9d3e-0c7f1a1f6a10',
      aid: 'acme-site',
      p: 'web',
      tv: 'js-4.6.8',
      dtm: '1772360998250',
      stm: '1772360999000',
      duid: '7f2a2f1e-6f0c-4f9f-8f6d-0a5d3c1b2e4f',
      sid: '2c1a7f2e-8a3c-4b5d-9e6f-1a2b3c4d5e6f',
      vid: '3',
      url: 'https://www.acme.example/pricing?utm_source=linkedin&utm_medium=paid-social',
      page: 'Pricing',
      refr: 'https://www.linkedin.com/',
    },
  ],
} as const;
