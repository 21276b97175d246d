import { describe, expect, test } from '@jest/globals';
import { addressOf, domainOf, refererOf } from './address.js';

describe('the canonical address of a page', () => {
  test.each([
    ['https://acme.example/', 'https://acme.example'],
    ['HTTPS://WWW.Acme.Example/Pricing/', 'https://www.acme.example/Pricing'],
    ['https://acme.example:443/a', 'https://acme.example/a'],
    ['http://acme.example:8080/a', 'http://acme.example:8080/a'],
    ['https://user:secret@acme.example/a', 'https://acme.example/a'],
    ['https://acme.example/a#section', 'https://acme.example/a'],
    ['https://app.acme.example/#/pricing', 'https://app.acme.example#/pricing'],
    ['https://app.acme.example/app?x=1#!/docs?tab=2', 'https://app.acme.example/app?x=1#!/docs'],
    ['https://acme.example/a?id=7&amp;lang=en&amp;utm_source=x', 'https://acme.example/a?id=7&lang=en'],
    ['https://acme.example/%7eada/%c3%bc?q=%7e%c3%bc', 'https://acme.example/~ada/%C3%BC?q=~%C3%BC'],
    ['http://acme.example.:80/a', 'http://acme.example/a'],
    ['https://acme.example./a', 'https://acme.example/a'],
    [
      'https://acme.example/a?utm_source=x&UTM_Medium=y&gclid=1&fbclid=2&_ga=3&mc_cid=4',
      'https://acme.example/a',
    ],
    ['https://acme.example/a?page=2&utm_source=x&q=a%20b', 'https://acme.example/a?page=2&q=a%20b'],
    ['https://acme.example/a?', 'https://acme.example/a'],
    ['https://bücher.example/ü', 'https://xn--bcher-kva.example/%C3%BC'],
    [' https://acme.example/a ', 'https://acme.example/a'],
  ])('%s', (url, canonical) => expect(addressOf(url)?.canonical).toBe(canonical));

  // A regular expression does not come to an end of these.
  test.each(['/', '.', '?', '%', ' '])('with a long run of %j within is made in linear time', (character) => {
    for (let nth = 0; nth < 200; nth += 1) {
      const run = character.repeat(16_000);
      expect(addressOf(`https://acme.example/${run}${nth}`)?.place.host).toBe('acme.example');
      addressOf(`https://a${run}${nth}`);
    }
  });

  test.each([
    '',
    '/a',
    'acme.example/a',
    'ftp://acme.example',
    'javascript:alert(1)',
    'https://',
    'https://%',
    7,
    null,
    {},
  ])('%j is none', (value) => expect(addressOf(value)).toBeUndefined());

  test('has no end of a long query', () => {
    const url = addressOf(`https://acme.example/a?q=${'x'.repeat(3000)}`)?.canonical;
    expect(url).toBe('https://acme.example/a');
  });

  test('names its parameters and campaign', () => {
    expect(
      addressOf('https://blog.acme.co.uk/?utm_source=%20News &utm_campaign=&gclid=1&gclid=2'),
    ).toMatchObject({
      place: { host: 'blog.acme.co.uk', site: 'acme.co.uk' },
      parameters: ['utm_source', 'utm_campaign', 'gclid'],
      source: ' News ',
    });
  });
});

test.each([
  ['utm_source=LinkedIn&utm_medium=CPC', { source: 'LinkedIn', medium: 'CPC' }],
  ['UTM_Source=x&Utm_MEDIUM=y&utm_CAMPAIGN=z', { source: 'x', medium: 'y', campaign: 'z' }],
  ['utm_source=x&amp;utm_medium=y&amp;utm_campaign=z', { source: 'x', medium: 'y', campaign: 'z' }],
  ['utm_source=x&amp;amp;utm_medium=y', { source: 'x', medium: 'y' }],
  ['utm_source=&utm_source=x', { source: 'x' }],
  ['utm_source=%00&utm_medium=%20%E2%80%8B&utm_campaign=z', { campaign: 'z' }],
])('the campaign of ?%s', (query, campaign) => {
  const { source, medium, campaign: name } = addressOf(`https://acme.example/?${query}`) ?? {};
  expect({ source, medium, campaign: name }).toEqual({
    ...{ source: undefined, medium: undefined, campaign: undefined },
    ...campaign,
  });
});

test('a referrer is a web page or an Android app', () => {
  expect(refererOf('https://www.google.co.uk/search?q=x')).toEqual({
    host: 'www.google.co.uk',
    site: 'google.co.uk',
    path: '/search',
  });
  expect(refererOf('android-app://com.google.android.gm/')).toMatchObject({ host: 'com.google.android.gm' });
  expect(refererOf('http://127.0.0.1:3000/')).toEqual({ host: '127.0.0.1', site: '127.0.0.1' });
  expect([refererOf(''), refererOf('about:blank'), refererOf(undefined)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test.each([
  ['https://www.acme.co.uk/about', 'acme.co.uk'],
  ['ACME.example', 'acme.example'],
  ['office@acme.example', 'acme.example'],
  ['localhost', undefined],
  ['', undefined],
  [7, undefined],
])('the domain of %j is %s', (value, domain) => expect(domainOf(value)).toBe(domain));
