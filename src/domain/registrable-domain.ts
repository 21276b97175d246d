import { getDomain } from 'tldts';

/**
 * The registrable domain of a host or URL by the Public Suffix List (publicsuffix.org, as tldts ships it), its private
 * part included: customers of one host (`github.io`, `uk.com`) are as many domains. Undefined for an address without a
 * domain (`localhost`, an IP) and for a public suffix itself.
 */
export const registrableDomain = (host: string): string | undefined =>
  getDomain(host, { allowPrivateDomains: true }) ?? undefined;
