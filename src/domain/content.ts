import { label } from './label.js';
import { listOf, type CataloguedContent, type JourneyModel } from './model/journey-model.js';
import { memoize } from './memoize.js';
import type { ContentRef } from './touchpoint.js';
import { parseWebUrl, withoutLast } from './web-url.js';

/** Content after resolution. `stage` is the buying stage the catalogue maps it to. */
export interface ResolvedContent {
  readonly id: string;
  readonly url?: string;
  readonly title?: string;
  readonly type?: string;
  readonly stage?: string;
}

/** So many URLs are matched once; each compiled model has a cache of its own, which takes 100 KB at once. */
const MATCHED_URLS = 5_000;

/**
 * Compiles the catalogue: the id that the client gave wins, else the first entry with a matching URL pattern, else the
 * canonical URL is the id. Title and type are the catalogue's where it has the content, else the client's.
 */
export function contentRules(
  model: JourneyModel,
): (ref: ContentRef | undefined) => ResolvedContent | undefined {
  const byId = entriesById(model.contents);
  const patterns = model.contents.flatMap((entry) =>
    (entry.urls ?? []).map((url) => ({ entry, pattern: urlPattern(url) })),
  );
  const byUrl = memoize(MATCHED_URLS, (url): Found => {
    const page = pageOf(url);
    const found = patterns.find(({ pattern }) => pattern.matches(page));
    if (!found) return { id: page.address, entry: undefined };
    const { entry, pattern } = found;
    return { id: entry.eachPage ? pattern.idOf(page) : entry.id, entry };
  });
  return (ref) => {
    if (ref?.id) {
      const entry = byId.get(ref.id);
      return resolved(ref, { id: entry?.id ?? ref.id, entry: entry ?? pageEntry(ref, byUrl) });
    }
    return ref?.url ? resolved(ref, byUrl(ref.url)) : undefined;
  };
}

/** By the id as the catalogue has it and as collectors write it: events of before labels were normalised have the former. */
function entriesById(contents: readonly CataloguedContent[]): ReadonlyMap<string, CataloguedContent> {
  return new Map([
    ...contents.map((content) => [label(content.id) ?? content.id, content] as const),
    ...contents.map((content) => [content.id, content] as const),
  ]);
}

interface Found {
  readonly id: string;
  readonly entry: CataloguedContent | undefined;
}

/** What the catalogue says of a page whose id the client gave: of a kind of pages everything, of one page nothing. */
function pageEntry(ref: ContentRef, byUrl: (url: string) => Found): CataloguedContent | undefined {
  const entry = ref.url ? byUrl(ref.url).entry : undefined;
  return entry?.eachPage ? entry : undefined;
}

function resolved(ref: ContentRef, { id, entry }: Found): ResolvedContent {
  const title = entry?.eachPage ? (ref.title ?? entry.title) : (entry?.title ?? ref.title);
  const type = entry?.type ?? ref.type;
  return {
    id,
    ...(ref.url === undefined ? {} : { url: ref.url }),
    ...(title === undefined ? {} : { title }),
    ...(type === undefined ? {} : { type }),
    ...(entry?.stage === undefined ? {} : { stage: entry.stage }),
  };
}

/** The parts of a URL that distinguish content. */
export interface Page {
  /** `canonicalUrl`. */
  readonly address: string;
  /** Of the address, without its host. */
  readonly path: string;
  readonly query: string;
  /** With `#`. */
  readonly hash: string;
}

export function pageOf(url: string): Page {
  const web = parseWebUrl(url);
  if (web) {
    const address = withoutSlash(`https://${web.host}${web.path}`);
    return { address, path: withoutHost(address), query: web.query, hash: web.hash };
  }
  const address = withoutSlash(url.trim().replace(/[?#].*$/s, '')) || '/';
  return { address, path: withoutHost(address), query: '', hash: '' };
}

const withoutHost = (address: string): string => address.replace(/^https:\/\/[^/]+/, '');

const withoutSlash = (path: string): string => withoutLast(path, '/');

/**
 * The same page is the same content however it was reached: `https`, host and escapes in one form (web-url.ts), no query,
 * no fragment, no closing slash. What is no absolute URL keeps its text up to `?` or `#`.
 */
export const canonicalUrl = (url: string): string => pageOf(url).address;

interface UrlPattern {
  readonly matches: (page: Page) => boolean;
  /** The address with the parameters and the fragment that the pattern names: what distinguishes its pages. */
  readonly idOf: (page: Page) => string;
}

/**
 * Compiles a URL pattern of the catalogue. Query and fragment count as far as it names them: `/article?id=*` holds where
 * there is an `id`, `/#/pricing` at that route of the application at `/`.
 */
function urlPattern(pattern: string): UrlPattern {
  const anyHost = pattern.startsWith('/');
  const bare = pattern.replace(/^https?:\/\//i, '');
  const url = parseWebUrl(`https://${anyHost ? 'any.host' : ''}${bare}`);
  const parameters = url?.query ? url.query.split('&').map(parameterPattern) : [];
  const addressMatches = addressPattern(url ? `${anyHost ? '' : url.host}${url.path}` : bare, anyHost);
  const route = url?.hash ? hashOf(url.hash) : undefined;
  const hashMatches = route === undefined ? () => true : globTest(route);
  return {
    matches: (page) =>
      addressMatches(page) &&
      parameters.every(({ name, matches }) => matches(valueOf(page.query, name))) &&
      hashMatches(hashOf(page.hash)),
    idOf({ address, query, hash }) {
      const named = parameters.map(({ name }) => `${name}=${valueOf(query, name) ?? ''}`).join('&');
      return `${address}${named === '' ? '' : `?${named}`}${route === undefined ? '' : hashOf(hash)}`;
    },
  };
}

interface ParameterPattern {
  readonly name: string;
  readonly matches: (value: string | undefined) => boolean;
}

function parameterPattern(text: string): ParameterPattern {
  const [name = '', glob = ''] = text.split(/=(.*)/s);
  const matches = globTest(glob.replace(/\*+/g, '**'));
  return { name, matches: (value) => value !== undefined && value !== '' && matches(value) };
}

/** Keeps escapes: a pattern has a value as written in the URL. */
function valueOf(query: string, name: string): string | undefined {
  const found = query.split('&').find((pair) => pair === name || pair.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

/** The route in a fragment, without its own query and closing slash. */
const hashOf = (hash: string): string => withoutSlash(hash.replace(/\?.*$/s, ''));

function addressPattern(glob: string, anyHost: boolean): (page: Page) => boolean {
  const matches = globTest(withoutSlash(anyHost ? glob : `https://${glob}`));
  return ({ address, path }) => matches(anyHost ? path : address);
}

/**
 * `*` is anything but `/`, `**` anything. A text is read once, with all the places in the pattern it may have come to:
 * a regular expression tries one way after another, which takes minutes over a long URL when wildcards are several.
 */
export function globTest(glob: string): (text: string) => boolean {
  const start = glob.replace(/\*.*$/s, '');
  if (start === glob) return (text) => text === glob;
  const rest = glob.slice(start.length);
  const parts = Int32Array.from(rest.match(/\*\*|[^]/g) ?? [], codeOf);
  const longest = rest.split('*').reduce((one, other) => (other.length > one.length ? other : one));
  // To look for a text is a hundred times as fast as to read along all places.
  return (text) =>
    text.startsWith(start) && text.includes(longest, start.length) && matchesParts(parts, text, start.length);
}

const ONE_STAR = -1;
const TWO_STARS = -2;
const SLASH = 0x2f;

const codeOf = (part: string): number =>
  part === '*' ? ONE_STAR : part === '**' ? TWO_STARS : part.charCodeAt(0);

/** Numbers throughout: a mapping may try hundreds of patterns on every event. */
function matchesParts(parts: Int32Array, text: string, from: number): boolean {
  const end = parts.length;
  let places = new Int32Array(end + 1);
  let next = new Int32Array(end + 1);
  /** By place, the last index of the text that led to it. */
  const reached = new Int32Array(end + 1).fill(from - 1);
  let count = 0;
  /** A wildcard may match nothing, so the place behind it is reached with it. */
  const add = (into: Int32Array, place: number, index: number): void => {
    for (let at = place; at <= end && reached[at] !== index; at++) {
      reached[at] = index;
      into[count++] = at;
      if ((parts[at] ?? 0) >= 0) return;
    }
  };
  add(places, 0, from);
  for (let index = from; index < text.length && count > 0; index++) {
    const char = text.charCodeAt(index);
    const before = count;
    count = 0;
    for (let i = 0; i < before; i++) {
      const at = places[i] ?? end;
      const part = parts[at];
      if (part === TWO_STARS || (part === ONE_STAR && char !== SLASH)) add(next, at, index + 1);
      else if (part === char) add(next, at + 1, index + 1);
    }
    [places, next] = [next, places];
  }
  return count > 0 && reached[end] === Math.max(from, text.length);
}

/** A test of the URL against any of the patterns; without patterns everything passes. */
export function anyUrl(
  patterns: string | readonly string[] | undefined,
): (url: string | undefined) => boolean {
  if (patterns === undefined) return () => true;
  const matches = anyPage(listOf(patterns));
  return (url) => url !== undefined && matches(pageOf(url));
}

/** The same for a URL that was taken apart, which costs more than many patterns. */
export function anyPage(patterns: readonly string[]): (page: Page) => boolean {
  const compiled = patterns.map(urlPattern);
  return (page) => compiled.some(({ matches }) => matches(page));
}
