import { describe, expect, test } from '@jest/globals';
import { addressOf, domainOf, refererOf } from '../intake/address.js';
import { mailDomain } from '../read-models/mail-domain.js';
import { originOf } from './channel.js';
import { registrableDomain } from './registrable-domain.js';

/** Entries of both parts of publicsuffix.org/list/public_suffix_list.dat. */
const DOMAINS: readonly (readonly [host: string, domain: string | undefined])[] = [
  ['www.acme.example', 'acme.example'],
  ['shop.acme.co.uk', 'acme.co.uk'],
  ['acme.github.io', 'acme.github.io'],
  ['docs.acme.github.io', 'acme.github.io'],
  ['acme.uk.com', 'acme.uk.com'],
  ['mail.acme.uk.com', 'acme.uk.com'],
  ['acme.us.com', 'acme.us.com'],
  ['acme.de.com', 'acme.de.com'],
  ['acme.vercel.app', 'acme.vercel.app'],
  ['acme.netlify.app', 'acme.netlify.app'],
  ['acme.pages.dev', 'acme.pages.dev'],
  ['acme.herokuapp.com', 'acme.herokuapp.com'],
  ['acme.blogspot.com', 'acme.blogspot.com'],
  ['acme.wixsite.com', 'acme.wixsite.com'],
  ['acme.myshopify.com', 'acme.myshopify.com'],
  ['acme.azurewebsites.net', 'acme.azurewebsites.net'],
  ['github.io', undefined],
  ['co.uk', undefined],
  ['localhost', undefined],
  ['127.0.0.1', undefined],
];

test.each(DOMAINS)('the registrable domain of %s is %s', (host, domain) =>
  expect(registrableDomain(host)).toBe(domain),
);

/** Customers of one host: neighbours, not one company. */
const NEIGHBOURS = [
  ['acme.github.io', 'other.github.io'],
  ['acme.uk.com', 'other.uk.com'],
  ['acme.vercel.app', 'other.vercel.app'],
  ['acme.netlify.app', 'other.netlify.app'],
  ['acme.myshopify.com', 'other.myshopify.com'],
  ['acme.blogspot.com', 'other.blogspot.com'],
] as const;

describe.each(NEIGHBOURS)('%s and %s', (one, other) => {
  test('are two sites: a link between them is a referral, a link within one is not', () => {
    const from = (referrer: string) =>
      originOf({
        kind: 'page_view',
        page: addressOf(`https://${one}/`)?.place,
        referrer: refererOf(`https://${referrer}/page`),
      });
    expect(from(other)).toEqual({ channel: 'referral', source: other, medium: 'referral' });
    expect(from(one)).toEqual({ channel: 'direct' });
    expect(from(`docs.${one}`)).toEqual({ channel: 'direct' });
  });

  test('are two companies by their e-mail addresses and web sites', () => {
    expect([mailDomain(`ada@${one}`), mailDomain(`bob@mail.${other}`)]).toEqual([one, other]);
    expect([domainOf(`https://www.${one}/about`), domainOf(other)]).toEqual([one, other]);
  });
});
