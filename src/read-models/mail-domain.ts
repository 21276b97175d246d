import { createRequire } from 'node:module';
import type { LeadAddress, MailProviders, ProviderKind } from '../domain/email-kinds.js';
import type { DomainOf } from '../domain/lead-names.js';
import { memoize } from '../domain/memoize.js';
import { registrableDomain } from '../domain/registrable-domain.js';
import { hostOf } from '../domain/relays.js';
import { NO_PROVIDERS, PROVIDERS } from './mail-providers.js';

/** The registrable domain of an e-mail address: the company it is an address of. Undefined for a mail provider's. */
export const mailDomain: DomainOf = companyDomains(undefined, 50_000);

/**
 * The same with what a journey model adds to the lists of mail providers, and removes from them.
 *
 * @param remembers hosts; few, as each model with settings of its own has its own
 */
export function companyDomains({ add = [], remove = [] }: MailProviders = {}, remembers = 2_000): DomainOf {
  const added = new Set(add.map(hostOf));
  const removed = new Set(remove.map(hostOf));
  const isProvider = (name: string): boolean =>
    added.has(name) || (!removed.has(name) && listedProviders().has(name));
  const ofHost = memoize(remembers, (host): { readonly company: string | undefined } => {
    const domain = registrableDomain(host);
    if (domain === undefined) return { company: undefined };
    for (let name = host; name.length >= domain.length; name = name.slice(name.indexOf('.') + 1))
      if (isProvider(name)) return { company: undefined };
    return { company: domain };
  });
  return (email) => {
    const at = email.lastIndexOf('@');
    return at === -1 ? undefined : ofHost(email.slice(at + 1)).company;
  };
}

const compiled = new WeakMap<MailProviders, DomainOf>();

/** Compiles the setting of a model once. */
export function domainsOf(settings: MailProviders | undefined): DomainOf {
  if (!settings) return mailDomain;
  let domainOf = compiled.get(settings);
  if (!domainOf) compiled.set(settings, (domainOf = companyDomains(settings)));
  return domainOf;
}

/** An address as conditions of the journey model read it. */
export const leadAddress = (email: string, bouncedAt: number | null): LeadAddress => ({
  ...{ email, bouncedAt },
  provider: listedAs(email.slice(email.lastIndexOf('@') + 1)).kind,
});

/** What the lists say of a host, or of what it is below. */
const listedAs = memoize(50_000, (host): { readonly kind: ProviderKind | null } => {
  const domain = registrableDomain(host) ?? host;
  for (let name = host; name.length >= domain.length; name = name.slice(name.indexOf('.') + 1)) {
    const kind = listedProviders().get(name);
    if (kind !== undefined) return { kind };
  }
  return { kind: null };
});

let providers: ReadonlyMap<string, ProviderKind> | undefined;

/** Read when the first address is looked up: some ten MB that a process which only collects does not need. */
function listedProviders(): ReadonlyMap<string, ProviderKind> {
  if (providers) return providers;
  const require = createRequire(import.meta.url);
  const free = require('email-providers/all.json') as readonly string[];
  const throwAway = require('mailchecker') as { blacklist(): ReadonlySet<string> };
  const all = new Map<string, ProviderKind>();
  for (const host of free) all.set(host, 'free_mail');
  for (const host of throwAway.blacklist()) all.set(host, 'disposable');
  // Private aliases are in lists of disposable addresses, too.
  for (const host of PROVIDERS) all.set(host, 'free_mail');
  for (const company of NO_PROVIDERS) all.delete(company);
  return (providers = all);
}
