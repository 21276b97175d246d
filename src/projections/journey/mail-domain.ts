import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { registrableDomain } from '../../domain/registrable-domain.js';

const REMEMBERED = 50_000;
const remembered = new Map<string, string | undefined>();

/**
 * The registrable domain of an e-mail address by the public suffix list: the company it is an address of. Undefined
 * for free-mail and throw-away providers, and for what has no such domain.
 */
export function mailDomain(email: string): string | undefined {
  const host = email.slice(email.lastIndexOf('@') + 1);
  if (remembered.has(host)) return remembered.get(host);
  const domain = email.includes('@') ? registrableDomain(host) : undefined;
  const company = domain === undefined || freeMail().has(domain) || freeMail().has(host) ? undefined : domain;
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(host, company);
  return company;
}

let providers: ReadonlySet<string> | undefined;

/** The package's own function searches its lists from end to end for each address; a set does not. */
function freeMail(): ReadonlySet<string> {
  if (providers) return providers;
  const require = createRequire(import.meta.url);
  const lines = ['free', 'disposable'].flatMap((name) =>
    readFileSync(require.resolve(`freemail/data/${name}.txt`), 'utf8').split('\n'),
  );
  return (providers = new Set(lines.map((line) => line.trim().toLowerCase()).filter((line) => line !== '')));
}
