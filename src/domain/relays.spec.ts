import { expect, test } from '@jest/globals';
import { refererOf } from '../intake/address.js';
import { originOf } from './channel.js';

const page = { host: 'www.acme.example', site: 'acme.example' };
const channelFrom = (referrer: string) =>
  originOf({
    kind: 'page_view',
    page,
    referrer: refererOf(referrer.includes('//') ? referrer : `https://${referrer}/`),
  });

/** Sign-in, single-sign-on, payment and signature hosts by the vendors' documentation. */
const RELAYS =
  'acme.okta.com login.okta.com dev-123.oktapreview.com acme.okta-emea.com acme.auth0.com acme.eu.auth0.com ' +
  'acme.b2clogin.com acme.ciamlogin.com acme.onelogin.com auth.pingone.com auth.pingone.eu sso.connect.pingidentity.com ' +
  'adfs.customer.example adfs2.customer.example adfs-prod.customer.example sts.customer.example sso.customer.example ' +
  'idp.customer.example auth.customer.example login.customer.example login.microsoftonline.com login.microsoft.com ' +
  'login.microsoftonline.us login.windows.net login.live.com account.live.com accounts.google.com accounts.google.co.uk ' +
  'accounts.google.de appleid.apple.com idmsa.apple.com id.atlassian.com auth.atlassian.com login.salesforce.com ' +
  'acme.auth.eu-west-1.amazoncognito.com clerk.accounts.dev api-1234.duosecurity.com ' +
  'checkout.stripe.com hooks.stripe.com buy.stripe.com stripe.com www.paypal.com paypal.com checkoutshopper-live.adyen.com ' +
  'pay.klarna.com payments.klarna.com www.docusign.net na3.docusign.net app.docusign.com secure.worldpay.com ' +
  'buy.paddle.com acme.chargebee.com pay.gocardless.com centinelapi.cardinalcommerce.com secure5.arcot.com pay.google.com';

test.each(RELAYS.split(' '))('the relay host %s is not an origin', (host) =>
  expect(channelFrom(host)).toEqual({ channel: 'direct' }),
);

test.each([
  'https://github.com/login/oauth/authorize?client_id=1',
  'https://github.com/login?return_to=x',
  'https://github.com/session',
  'https://gitlab.com/oauth/authorize',
  'https://gitlab.com/users/sign_in',
  'https://www.linkedin.com/oauth/v2/authorization',
  'https://www.linkedin.com/uas/login',
  'https://www.linkedin.com/checkpoint/lg/login-submit',
  'https://www.facebook.com/v19.0/dialog/oauth',
  'https://x.com/i/oauth2/authorize',
  'https://api.twitter.com/oauth/authenticate',
  'https://slack.com/openid/connect/authorize',
  'https://discord.com/oauth2/authorize',
  'https://id.customer.example/realms/acme/protocol/openid-connect/auth',
  'https://portal.customer.example/adfs/ls/',
  'https://www.customer.example/saml2/idp',
])('the sign-in page %s is not an origin', (url) => expect(channelFrom(url)).toEqual({ channel: 'direct' }));

test.each([
  ['https://github.com/acme/widgets', 'referral'],
  ['https://github.com/', 'referral'],
  ['https://www.linkedin.com/feed/', 'organic_social'],
  ['https://partner.example/blog/oauth-for-beginners', 'referral'],
  ['https://partner.example/docs/sso', 'referral'],
  ['https://partner.example/sessions/keynote', 'referral'],
  ['https://notokta.com/', 'referral'],
  ['https://okta.com.evil.example/', 'referral'],
  ['https://login.example/', 'referral'],
  ['https://authority.partner.example/', 'referral'],
  ['https://loginradius.example/', 'referral'],
])('%s is an origin: %s', (url, channel) => expect(channelFrom(url)).toMatchObject({ channel }));
