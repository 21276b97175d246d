import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TEST_MODEL } from '../../test/journeys.js';
import { addressOf } from '../intake/address.js';
import { anyUrl, canonicalUrl, contentRules } from './content.js';
import type { CataloguedContent } from './model/journey-model.js';

/** As the collectors put it into the log. */
const collected = (url: string): string => addressOf(url)?.canonical ?? url;
const holds = (pattern: string, url: string): boolean => anyUrl(pattern)(collected(url));

const ACME = 'https://www.acme.example';

describe('a URL pattern', () => {
  test.each([
    ['/pricing', `${ACME}/pricing`, true],
    ['/pricing', 'http://shop.other.example:8080/pricing', true],
    ['/pricing', `${ACME}/pricing/`, true],
    ['/pricing', `${ACME}/pricing//`, true],
    ['/pricing', `${ACME}/pricing?plan=pro&utm_source=x`, true],
    ['/pricing', `${ACME}/pricing#faq`, true],
    ['/pricing', `${ACME}/pricing/?plan=pro#faq`, true],
    ['/pricing', `${ACME}/Pricing`, false],
    ['/pricing', `${ACME}/pricing-old`, false],
    ['/pricing', `${ACME}/en/pricing`, false],
    ['/pricing', `${ACME}/pricing/team`, false],
    ['/pricing', `${ACME}/?next=/pricing`, false],
    ['/pricing/', `${ACME}/pricing`, true],
    ['/Pricing', `${ACME}/Pricing`, true],
    ['/', `${ACME}/`, true],
    ['/', ACME, true],
    ['/', `${ACME}/pricing`, false],
  ])('%s matches %s: %j', (pattern, url, matches) => expect(holds(pattern, url)).toBe(matches));

  test.each([
    ['www.acme.example/pricing', `${ACME}/pricing`, true],
    ['www.acme.example/pricing', 'http://WWW.ACME.example/pricing', true],
    ['WWW.Acme.example/pricing', `${ACME}/pricing`, true],
    ['https://www.acme.example/pricing', 'http://www.acme.example/pricing', true],
    ['www.acme.example/pricing', 'https://acme.example/pricing', false],
    ['www.acme.example/pricing', 'https://www.acme.example.evil.example/pricing', false],
    ['www.acme.example', `${ACME}/`, true],
    ['www.acme.example', `${ACME}/pricing`, false],
    ['www.acme.example:8080/x', 'http://www.acme.example:8080/x', true],
    ['www.acme.example/x', 'http://www.acme.example:8080/x', false],
    ['wwwxacme.example/x', `${ACME}/x`, false],
    ['www.acme.example/x', 'https://wwwxacme.example/x', false],
    ['*.acme.example/x', `${ACME}/x`, true],
    ['*.acme.example/x', 'https://acme.example/x', false],
    ['www.acme.example/x', 'https://ada:secret@www.acme.example/x', true],
  ])('with a host, %s matches %s: %j', (pattern, url, matches) => expect(holds(pattern, url)).toBe(matches));

  test.each([
    ['/blog/*', `${ACME}/blog/one`, true],
    ['/blog/*', `${ACME}/blog/one/two`, false],
    ['/blog/*', `${ACME}/blog`, false],
    ['/blog/*', `${ACME}/blog/`, false],
    ['/blog/**', `${ACME}/blog/one/two`, true],
    ['/blog/**', `${ACME}/blog`, false],
    ['/blog/**', `${ACME}/blogs/one`, false],
    ['/blog**', `${ACME}/blog`, true],
    ['/*/pricing', `${ACME}/de/pricing`, true],
    ['/*/pricing', `${ACME}/pricing`, false],
    ['/*/pricing', `${ACME}/de/at/pricing`, false],
    ['/**/pricing', `${ACME}/de/at/pricing`, true],
    ['/blog/2026-*-launch', `${ACME}/blog/2026-05-launch`, true],
    ['/blog/2026-*-launch', `${ACME}/blog/2026-05/q-launch`, false],
    ['/*.pdf', `${ACME}/paper.pdf`, true],
    ['/*.pdf', `${ACME}/paperxpdf`, false],
    ['/a+(b)[c]', `${ACME}/a+(b)[c]`, true],
    ['/a+', `${ACME}/aa`, false],
    ['**/pricing', `${ACME}/de/pricing`, true],
    ['**', `${ACME}/anything/at/all`, true],
    ['www.acme.example/**', `${ACME}/de/pricing`, true],
  ])('with wildcards, %s matches %s: %j', (pattern, url, matches) =>
    expect(holds(pattern, url)).toBe(matches),
  );

  test.each([
    ['/über-uns', `${ACME}/über-uns`, true],
    ['/über-uns', `${ACME}/%C3%BCber-uns`, true],
    ['/%C3%BCber-uns', `${ACME}/über-uns`, true],
    ['/über-*', `${ACME}/über-uns`, true],
    ['/価格/**', `${ACME}/価格/法人`, true],
    ['/white paper', `${ACME}/white%20paper`, true],
    ['/white%20paper', `${ACME}/white paper`, true],
    ['müller.example/preise', 'https://müller.example/preise', true],
    ['MÜLLER.example/preise', 'https://xn--mller-kva.example/preise', true],
    ['*.müller.example/preise', 'https://www.müller.example/preise', true],
    ['/100%', `${ACME}/100%`, true],
    ['/über-uns', `${ACME}/uber-uns`, false],
  ])('in any script, %s matches %s: %j', (pattern, url, matches) =>
    expect(holds(pattern, url)).toBe(matches),
  );

  test('with many wildcards matches what the equivalent regular expression matches', () => {
    const text = (unit: fc.Arbitrary<string>) => fc.string({ unit, maxLength: 8 });
    const pattern = text(fc.constantFrom('a', 'b', '/', '*', '**')).filter((each) => !/\*{3}/.test(each));
    fc.assert(
      fc.property(pattern, text(fc.constantFrom('a', 'b', '/')), (glob, path) => {
        const body = glob.replace(/\/+$/, '').replace(/\*\*?/g, (star) => (star === '*' ? '[^/]*' : '.*'));
        const meant = new RegExp(`^/x${body}$`).test(`/x${path.replace(/\/+$/, '')}`);
        expect(holds(`/x${glob}`, `${ACME}/x${path}`)).toBe(meant);
      }),
      { numRuns: 2_000 },
    );
  });

  // A regular expression does not come to an end of this.
  test('is matched against the longest URL in linear time', () =>
    expect(holds('/**a**a**a**b', `${ACME}/${'a'.repeat(2_000)}`)).toBe(false));

  test('in a list matches if any matches, and never without a URL', () => {
    const matches = anyUrl(['/pricing', '/plans']);
    expect(matches(`${ACME}/plans`)).toBe(true);
    expect(matches(`${ACME}/trial`)).toBe(false);
    expect(matches(undefined)).toBe(false);
    expect(anyUrl(undefined)(undefined)).toBe(true);
  });
});

describe('the content catalogue', () => {
  const entry = (id: string, more: Partial<CataloguedContent> = {}): CataloguedContent => ({
    ...{ id, title: `Title of ${id}`, type: 'article' },
    ...more,
  });
  const resolve = contentRules({
    ...TEST_MODEL,
    contents: [
      entry('pricing', { type: 'pricing', stage: 'buy', urls: ['/pricing', '/plans'] }),
      entry('news', { urls: ['/blog/news/**'] }),
      entry('blog', { stage: 'look', eachPage: true, urls: ['/blog/**', '/pricing'] }),
      entry('paper', { type: 'white_paper' }),
      entry('White  Paper\u00a0E\u0301', { urls: ['/white-paper'] }),
    ],
  });

  test('finds an id as sent by collectors and combines it with its pages', () => {
    const content = { id: 'White  Paper\u00a0E\u0301', title: 'Title of White  Paper\u00a0E\u0301' };
    expect(resolve({ id: 'White Paper É' })).toMatchObject(content);
    expect(resolve({ id: 'White  Paper\u00a0E\u0301' })).toMatchObject(content);
    expect(resolve({ url: `${ACME}/white-paper` })).toMatchObject(content);
  });

  test('prefers the client’s id over URL patterns', () => {
    expect(resolve({ id: 'paper', url: `${ACME}/pricing` })).toEqual({
      ...{ id: 'paper', url: `${ACME}/pricing`, title: 'Title of paper', type: 'white_paper' },
    });
    expect(resolve({ id: 'ours', url: `${ACME}/pricing`, title: 'Ours' })).toEqual({
      ...{ id: 'ours', url: `${ACME}/pricing`, title: 'Ours' },
    });
  });

  test('uses title, type and stage of the first matching entry', () =>
    expect(resolve({ url: `${ACME}/plans/?a=1`, title: 'Theirs', type: 'page' })).toEqual({
      ...{ id: 'pricing', url: `${ACME}/plans/?a=1` },
      ...{ title: 'Title of pricing', type: 'pricing', stage: 'buy' },
    }));

  test('prefers the first of two matching entries, whatever their patterns', () => {
    expect(resolve({ url: `${ACME}/pricing` })?.id).toBe('pricing');
    expect(resolve({ url: `${ACME}/blog/news/one` })?.id).toBe('news');
  });

  test('with eachPage uses the page as content and type and stage of the entry', () => {
    const page = { id: `${ACME}/blog/one`, url: `${ACME}/blog/one?x=1`, type: 'article', stage: 'look' };
    expect(resolve({ url: `${ACME}/blog/one?x=1`, title: 'One' })).toEqual({ ...page, title: 'One' });
    expect(resolve({ url: `${ACME}/blog/one?x=1` })).toEqual({ ...page, title: 'Title of blog' });
    expect(resolve({ id: 'one', url: `${ACME}/blog/one?x=1` })).toEqual({
      ...{ ...page, id: 'one', title: 'Title of blog' },
    });
  });

  test('without a match uses the URL without query, fragment and trailing slash', () => {
    expect(resolve({ url: 'http://Shop.acme.example/Cart/?id=7#top', title: 'Cart' })).toEqual({
      ...{ id: 'https://shop.acme.example/Cart', url: 'http://Shop.acme.example/Cart/?id=7#top' },
      title: 'Cart',
    });
    expect(resolve({ url: '/pricing-old' })?.id).toBe('/pricing-old');
    expect(resolve({ url: 'https://ada:secret@www.acme.example/cart' })?.id).toBe(`${ACME}/cart`);
  });

  test('returns no content without an id and a URL', () => {
    expect(resolve(undefined)).toBeUndefined();
    expect(resolve({ title: 'Only a title' })).toBeUndefined();
    expect(resolve({ url: '' })).toBeUndefined();
  });
});

describe('query parameters and fragments that a pattern names distinguish pages', () => {
  const page = (id: string, urls: readonly string[], eachPage = true): CataloguedContent => ({
    ...{ id, title: id, type: 'article', urls },
    ...(eachPage && { eachPage }),
  });
  const resolve = contentRules({
    ...TEST_MODEL,
    contents: [
      page('pricing', ['/#/pricing', 'app.acme.example/#!/plans'], false),
      page('seven', ['/article?id=7'], false),
      page('articles', ['/article?id=*', '/shop?category=*&item=*']),
      page('app', ['/#/**']),
      page('search', ['/search?q=a b*']),
      page('rest', ['/article', '/**']),
    ],
  });

  test.each([
    ['/article?id=8', '/article?id=8'],
    ['/article/?lang=de&id=8&utm_source=x#top', '/article?id=8'],
    ['/article?id=7', 'seven'],
    ['/article?id=%41%c3%bc', '/article?id=A%C3%BC'],
    ['/article?id=', '/article'],
    ['/article', '/article'],
    ['/article?identity=8', '/article'],
    ['/shop?item=3&category=a/b&page=2', '/shop?category=a/b&item=3'],
    ['/shop?item=3', '/shop'],
    ['/search?q=a%20bc', '/search?q=a%20bc'],
    ['/#/pricing', 'pricing'],
    ['/#/pricing/', 'pricing'],
    ['/#/pricing?plan=pro', 'pricing'],
    ['/?x=1#/docs/one', '#/docs/one'],
    ['/#/Docs/One', '#/Docs/One'],
    ['/#faq', ''],
  ])('%s is %s', (url, id) => {
    const named = /^[a-z]+$/.test(id) ? id : `${ACME}${id}`;
    expect(resolve({ url: collected(`${ACME}${url}`) })?.id).toBe(named);
  });

  test('in conditions as well', () => {
    const atPricing = anyUrl('app.acme.example/#!/plans');
    expect(atPricing('https://app.acme.example/#!/plans')).toBe(true);
    expect(atPricing('https://app.acme.example/#!/other')).toBe(false);
    expect(atPricing('https://app.acme.example/')).toBe(false);
  });
});

/** RFC 3986 §6.2.2 and §6.2.3, and what browsers read alike. Each line is one page. */
const SPELLINGS = [
  ['/~ada/a-b', '/%7Eada/a-b', '/%7eada/%61%2Db', '/x/../~ada/./a-b'],
  ['/%C3%BCber', '/%c3%bcber', '/über', '/%c3%BCber/'],
  ['/a%2Fb', '/a%2fb'],
  ['/white%20paper', '/white paper', '/white%20paper/'],
  ['/100%25', '/100%'],
  ['/a%7Cb', '/a|b', '/a%7cb'],
  ['/a%5Bb%5D', '/a[b]'],
] as const;

test.each(SPELLINGS)('%s is one content in every spelling', (...paths) => {
  const urls = paths.flatMap((path) =>
    [
      'https://www.acme.example',
      'HTTP://WWW.Acme.Example:80',
      'https://www.acme.example.:443',
      'http://u:p@www.acme.example',
    ].map((host) => `${host}${path}`),
  );
  expect(new Set(urls.map(canonicalUrl))).toEqual(new Set([`https://www.acme.example${paths[0]}`]));
  expect(new Set(urls.map((url) => addressOf(url)?.canonical.replace(/^http:/, 'https:'))).size).toBe(1);
});

test.each([
  ['https://müller.example/preise', 'https://xn--mller-kva.example/preise'],
  ['https://MÜLLER.example/preise', 'https://xn--mller-kva.example/preise'],
  ['https://münchen。example/', 'https://xn--mnchen-3ya.example'],
  ['https://acme.example:8080/a', 'https://acme.example:8080/a'],
  ['https://acme.example/a%2Fb', 'https://acme.example/a%2Fb'],
  ['https://acme.example/A', 'https://acme.example/A'],
])('the URL %s is normalised to %s', (url, canonical) => expect(canonicalUrl(url)).toBe(canonical));

test('a page is the same content however it was reached, and its canonical URL is stable', () => {
  const path = fc.stringMatching(/^(\/[A-Za-z0-9._~%ü|-]{1,8}){0,4}$/);
  const rest = fc.constantFrom('', '/', '?a=1', '/?a=/b/', '#top', '/#/route', '?a#b?c');
  fc.assert(
    fc.property(path, rest, fc.constantFrom('http', 'https', 'HTTPS'), (where, more, scheme) => {
      const canonical = canonicalUrl(`https://www.acme.example${where}`);
      expect(canonicalUrl(`${scheme}://WWW.acme.example${where}${more}`)).toBe(canonical);
      expect(canonicalUrl(canonical)).toBe(canonical);
      expect(canonicalUrl(collected(`${scheme}://WWW.acme.example.${where}${more}`))).toBe(canonical);
    }),
  );
});
