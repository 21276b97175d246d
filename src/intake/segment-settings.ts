/**
 * What analytics.js asks for before it sends anything: no destinations to load, every event wanted, and this very
 * server as the place to send to. Sampling 0 keeps it from sending its own metrics to Segment.
 */
export function segmentSettings(publicUrl: string, writeKey: string): object {
  const [protocol, host = ''] = publicUrl.split('://');
  const wanted = { __default: { enabled: true, integrations: {} } };
  return {
    integrations: {
      'Segment.io': {
        apiKey: writeKey,
        apiHost: `${host}/v1`,
        protocol,
        unbundledIntegrations: [],
        addBundledMetadata: true,
        maybeBundledConfigIds: {},
        versionSettings: { version: '4.4.7', componentTypes: ['browser'] },
      },
    },
    plan: { track: wanted, identify: wanted, group: wanted },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  };
}
