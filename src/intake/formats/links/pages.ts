import type { Refusal } from '../../outcome.js';
import type { Reply } from '../../format.js';

/** Nothing between the reader and here may answer in our stead: each load is an event. */
const UNCACHED = {
  'cache-control': 'no-store, no-cache, must-revalidate, private',
  'x-robots-tag': 'noindex',
};

/** One transparent pixel. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

export const pixel: Reply = { contentType: 'image/gif', headers: UNCACHED, body: PIXEL };

/** A header holds no other characters than those of an address as it is written in full. */
export const redirectTo = (address: string): Reply => ({
  status: 302,
  headers: { ...UNCACHED, location: new URL(address).href },
});

const TEXTS: Readonly<Record<string, readonly [title: string, text: string]>> = {
  'link-expired': ['This link has expired', 'It was part of a mail that is no longer current.'],
  'redirect-not-allowed': [
    'This link leads nowhere',
    'The page that it led to is no longer linked from here.',
  ],
};
const BROKEN = [
  'This link is not complete',
  'It may have been cut or changed on its way. Open it from the mail again.',
] as const;

/** For the person who followed a link that is refused. Nothing of the request is in it. */
export function refusalPage({ status, code }: Refusal): Reply {
  const [title, text] = TEXTS[code] ?? BROKEN;
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><h1>${title}</h1><p>${text}</p></body></html>\n`;
  return { status, contentType: 'text/html; charset=utf-8', headers: UNCACHED, body };
}
