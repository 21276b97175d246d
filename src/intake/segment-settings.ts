import type { FastifyRequest } from 'fastify';

/**
 * What analytics.js asks for before it sends anything: no destinations to load, every event wanted, and this very
 * server as the place to send to. Sampling 0 keeps it from sending its own metrics to Segment.
 */
export function segmentSettings(request: FastifyRequest, writeKey: string): object {
  const wanted = { __default: { enabled: true, integrations: {} } };
  return {
    integrations: {
      'Segment.io': {
        apiKey: writeKey,
        apiHost: `${request.host}/v1`,
        protocol: protocolOf(request),
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

/** Of the address the browser used: behind a proxy that ends TLS it says so. */
function protocolOf(request: FastifyRequest): 'http' | 'https' {
  const forwarded = request.headers['x-forwarded-proto'];
  const named = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(',')[0]?.trim();
  return (named ?? request.protocol) === 'https' ? 'https' : 'http';
}
