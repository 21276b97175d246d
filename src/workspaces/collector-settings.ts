import { type Static, Type } from 'typebox';

/** A list of texts in the settings of a collector. */
export const texts = (description: string, example: string, pattern = '^\\S') =>
  Type.Array(Type.String({ minLength: 1, maxLength: 256, pattern }), {
    ...{ description, maxItems: 1_000, uniqueItems: true, examples: [[example]] },
  });

const HOST = '(\\*\\.)?[A-Za-z0-9.-]+(:[0-9]+)?$';

/** Settings of any collector. A wire format adds its own (`Format.settings`). */
export const collectorSettingsSchema = Type.Object({
  allowedOrigins: Type.Optional(
    texts(
      'Origins of pages that may send; absent: any. A `*.` in front stands for any subdomain',
      'https://www.acme.example',
      `^https?://${HOST}`,
    ),
  ),
  redirectHosts: Type.Optional(
    texts(
      'Hosts that links may lead to, with the port where it is not the usual one. A `*.` in front stands for any subdomain',
      'www.acme.example',
      `^${HOST}`,
    ),
  ),
  appIds: Type.Optional(texts('App ids (`aid`) of Snowplow trackers', 'acme-site')),
  currency: Type.Optional(
    Type.String({
      pattern: '^[A-Z]{3}$',
      description: 'ISO 4217: of opportunities that are reported without one',
    }),
  ),
  eventsPerSecond: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'Of all its keys together; absent: no limit of its own',
    }),
  ),
  requestsPerSecond: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'Of all its keys together; absent: no limit of its own',
    }),
  ),
});

export type CollectorSettings = Readonly<Static<typeof collectorSettingsSchema>> &
  Readonly<Record<string, unknown>>;

/** Whether a host is in a list such as `redirectHosts`: as it is, or under `*.` as a subdomain. */
export function isListedHost(host: string, list: readonly string[] | undefined): boolean {
  const name = host.toLowerCase();
  return (list ?? []).some((entry) =>
    entry.startsWith('*.') ? name.endsWith(entry.slice(1).toLowerCase()) : name === entry.toLowerCase(),
  );
}

/** Whether pages of an origin may send to a collector: any may where none is listed. */
export function isAllowedOrigin(origin: string, { allowedOrigins }: CollectorSettings): boolean {
  if (allowedOrigins === undefined) return true;
  return allowedOrigins.some((entry) => {
    const [scheme = '', host = ''] = entry.split('://');
    const [sentScheme = '', sentHost = ''] = origin.split('://');
    return scheme.toLowerCase() === sentScheme.toLowerCase() && isListedHost(sentHost, [host]);
  });
}
