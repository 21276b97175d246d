import { hash } from 'node:crypto';

/**
 * What RudderStack's browser SDK asks for before it sends anything: an enabled source without destinations, and no
 * reports of errors and metrics to RudderStack.
 */
export function rudderstackSourceConfig(publicUrl: string, writeKey: string): object {
  const id = hash('sha256', writeKey, 'hex').slice(0, 27);
  const never = { enabled: false };
  return {
    source: {
      id,
      name: 'touchline',
      writeKey,
      enabled: true,
      workspaceId: id,
      config: { statsCollection: { errors: never, metrics: never } },
      destinations: [],
      connections: [],
      dataplanes: { US: [{ url: publicUrl, default: true }], EU: [{ url: publicUrl, default: true }] },
    },
    consentManagementMetadata: { providers: [] },
  };
}
