import { createRequire } from 'node:module';
import type { MailProviders } from '../../domain/model/journey-model.js';
import type { DomainOf } from '../../domain/lead-names.js';
import { registrableDomain } from '../../domain/registrable-domain.js';
import { memoize } from '../../domain/memoize.js';
import { hostOf } from '../../domain/relays.js';
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

let providers: ReadonlySet<string> | undefined;

/** Read when the first address is looked up: some ten MB that a process without projections does not need. */
function listedProviders(): ReadonlySet<string> {
  if (providers) return providers;
  const require = createRequire(import.meta.url);
  const free = require('email-providers/all.json') as readonly string[];
  const throwAway = require('mailchecker') as { blacklist(): ReadonlySet<string> };
  const all = new Set([...free, ...throwAway.blacklist(), ...PROVIDERS]);
  for (const company of NO_PROVIDERS) all.delete(company);
  return (providers = all);
}
