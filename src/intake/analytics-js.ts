import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Folder of the browser build in @segment/analytics-next, as Segment's CDN serves it: the script, and chunks that it loads
 * when it needs them, whose names hold a hash of their content.
 */
export const BUNDLES_FOLDER = join(
  dirname(createRequire(import.meta.url).resolve('@segment/analytics-next/package.json')),
  'dist/umd',
);

export const isBundle = (path: string): boolean => /^\/?[\w.-]+\.bundle\.[0-9a-f]{16,}\.js$/.test(path);

/**
 * The script finds its CDN by an address that begins with https, else it takes Segment's. So it is set to the one that it
 * was loaded from, unless the page names another; a page may rename the global object.
 */
const FIND_CDN = `(function () {
  var script = document.currentScript, found = script && /^(.*)\\/analytics\\.js\\/v1\\//.exec(script.src);
  if (!found) return;
  var named = document.querySelector('script[data-global-segment-analytics-key]');
  var name = (named && named.dataset.globalSegmentAnalyticsKey) || 'analytics';
  var analytics = (window[name] = window[name] || []);
  if (!analytics._cdn) analytics._cdn = found[1];
})();
`;

/** Where the script loads settings from or reports its errors to when nobody told it another place: never to others. */
const MAKERS_HOSTS = /\b(?:cdn\.segment\.com|api\.segment\.io)\b/g;

let build: Promise<string> | undefined;

/** `analytics.min.js` with its write key in it. */
export async function analyticsScript(writeKey: string): Promise<string> {
  build ??= readFile(join(BUNDLES_FOLDER, 'standalone.js'), 'utf8').catch((error: unknown) => {
    build = undefined;
    throw error;
  });
  const script = (await build)
    .replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n')
    .replaceAll(MAKERS_HOSTS, 'segment.invalid');
  return FIND_CDN + script.replaceAll('__WRITE_KEY__', () => scriptText(writeKey));
}

/** Text as it may stand within a string literal of a script, between either quotes. */
const scriptText = (text: string): string =>
  text.replaceAll(/[^\w.~-]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
