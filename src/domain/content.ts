import { listOf, type CataloguedContent, type JourneyModel } from './model.js';
import type { ContentRef } from './touchpoint.js';

/** Content after resolution. `stage` is the buying stage the catalogue maps it to. */
export interface ResolvedContent {
  readonly id: string;
  readonly url?: string;
  readonly title?: string;
  readonly type?: string;
  readonly stage?: string;
}

/** URLs seen again are not matched again; a site has few pages, an attacker many, so the memory is bounded. */
const REMEMBERED_URLS = 20_000;

/**
 * Compiles the catalogue: the id that the client gave wins, else the first entry with a matching URL pattern, else the
 * canonical URL is the id. Title and type are the catalogue's where it has the content, else the client's.
 */
export function contentRules(
  model: JourneyModel,
): (ref: ContentRef | undefined) => ResolvedContent | undefined {
  const byId = new Map(model.contents.map((content) => [content.id, content]));
  const patterns = model.contents.flatMap((entry) =>
    (entry.urls ?? []).map((url) => ({ entry, matches: urlPattern(url) })),
  );
  const remembered = new Map<string, Found>();
  const byUrl = (url: string): Found => {
    const known = remembered.get(url);
    if (known) return known;
    const canonical = canonicalUrl(url);
    const entry = patterns.find(({ matches }) => matches(canonical))?.entry;
    const found = { id: entry && !entry.eachPage ? entry.id : canonical, entry };
    if (remembered.size >= REMEMBERED_URLS) remembered.clear();
    remembered.set(url, found);
    return found;
  };
  return (ref) => {
    if (ref?.id) return resolved(ref, { id: ref.id, entry: byId.get(ref.id) ?? pageEntry(ref, byUrl) });
    return ref?.url ? resolved(ref, byUrl(ref.url)) : undefined;
  };
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

/**
 * The same page is the same content however it was reached: `https`, host in lower case, no query, no fragment, no
 * closing slash. What is no absolute URL keeps its text up to `?` or `#`.
 */
export function canonicalUrl(url: string): string {
  const bare = url.trim().replace(/[?#].*$/s, '');
  const parts = /^https?:\/\/(?:[^/@]*@)?([^/]+)(.*)$/is.exec(bare);
  const trimmed = (path: string): string => path.replace(/\/+$/, '');
  return parts ? `https://${(parts[1] ?? '').toLowerCase()}${trimmed(parts[2] ?? '')}` : trimmed(bare) || '/';
}

/** Compiles a URL pattern of the catalogue into a test of canonical URLs. */
export function urlPattern(pattern: string): (canonical: string) => boolean {
  const anyHost = pattern.startsWith('/');
  const glob = asCollected(pattern, anyHost).replace(/\/+$/, '');
  const matches = globTest(anyHost ? glob : `https://${glob}`);
  return (canonical) => matches(anyHost ? canonical.replace(/^https:\/\/[^/]+/, '') : canonical);
}

/**
 * `*` is anything but `/`, `**` anything. A text is read once, with all the places in the pattern it may have come to:
 * a regular expression tries one way after another, which takes minutes over a long URL when wildcards are several.
 */
function globTest(glob: string): (text: string) => boolean {
  const parts = glob.match(/\*\*|[^]/g) ?? [];
  const start = glob.replace(/\*.*$/s, '');
  if (start === glob) return (text) => text === glob;
  const isStar = (at: number): boolean => parts[at] === '*' || parts[at] === '**';
  /** A wildcard may stand for nothing. */
  const reach = (places: Set<number>): Set<number> => {
    for (const at of places) if (isStar(at)) places.add(at + 1);
    return places;
  };
  return (text) => {
    if (!text.startsWith(start)) return false;
    let places = reach(new Set([start.length]));
    for (let index = start.length; index < text.length && places.size > 0; index++) {
      const char = text[index];
      const next = new Set<number>();
      for (const at of places) {
        if (parts[at] === '**' || (parts[at] === '*' && char !== '/')) next.add(at);
        else if (parts[at] === char) next.add(at + 1);
      }
      places = reach(next);
    }
    return places.has(parts.length);
  };
}

/** Spelled as collectors hand URLs in: the path percent-encoded, the host in lower case and punycode. */
function asCollected(pattern: string, anyHost: boolean): string {
  const bare = pattern.replace(/^https?:\/\//i, '');
  const url = URL.parse(`https://${anyHost ? 'any.host' : ''}${bare}`);
  return url ? `${anyHost ? '' : url.host}${url.pathname}` : bare;
}

/** A test of the canonical URL against any of the patterns; without patterns everything passes. */
export function anyUrl(
  patterns: string | readonly string[] | undefined,
): (url: string | undefined) => boolean {
  if (patterns === undefined) return () => true;
  const tests = listOf(patterns).map(urlPattern);
  return (url) => url !== undefined && tests.some((matches) => matches(canonicalUrl(url)));
}
