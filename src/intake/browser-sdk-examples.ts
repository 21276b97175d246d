export const SETTINGS_EXAMPLE = {
  integrations: { 'Segment.io': { apiKey: 'wk_…', apiHost: 'touchline.acme.example/v1', protocol: 'https' } },
  plan: { track: { __default: { enabled: true, integrations: {} } } },
} as const;

export const SOURCE_CONFIG_EXAMPLE = {
  source: { id: '1f8e…', name: 'touchline', writeKey: 'wk_…', enabled: true, config: {}, destinations: [] },
} as const;
