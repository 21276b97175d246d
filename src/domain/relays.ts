import type { Place } from './place.js';
import { withoutPrefix } from './referrers.js';
import { registrableDomain } from './registrable-domain.js';
import { parseWebUrl } from './web-url.js';

/**
 * Hosts that people are sent through on their way from one page of a site to the next: sign-in, single sign-on, payment,
 * signature. They bring nobody. Each with all hosts below it; the sign-in pages by the vendors' own documentation of their
 * domains, the payment pages by the lists of unwanted referrals that analytics vendors recommend.
 */
const RELAYS: ReadonlySet<string> = new Set(
  `
  okta.com oktapreview.com okta-emea.com auth0.com b2clogin.com ciamlogin.com onelogin.com pingidentity.com pingone.com
  pingone.eu pingone.ca pingone.asia pingone.com.au duosecurity.com app.rippling.com frontegg.com api.workos.com
  stytch.com clerk.accounts.dev accounts.dev fusionauth.io authkit.app descope.com kinde.com cyberark.cloud idaptive.app
  secureauth.com amazoncognito.com login.gov id.me appleid.apple.com idmsa.apple.com
  microsoftonline.com microsoftonline.us microsoftonline.de login.windows.net login.live.com account.live.com
  login.microsoft.com login.partner.microsoftonline.cn id.atlassian.com myapps.microsoft.com
  signin.aws.amazon.com awsapps.com api.login.yahoo.com oauth.telegram.org
  stripe.com stripe.network link.com paypal.com paypalobjects.com adyen.com adyenpayments.com klarna.com braintreegateway.com
  braintree-api.com squareup.com worldpay.com 2checkout.com avangate.com paddle.com chargebee.com recurly.com razorpay.com
  checkout.com mollie.com gocardless.com payu.com payu.in przelewy24.pl saferpay.com datatrans.com authorize.net
  cybersource.com afterpay.com affirm.com sofort.com giropay.de payone.com computop.com multisafepay.com sagepay.com
  opayo.eu.elavon.com barclaycardsmartpay.com mangopay.com payfast.co.za mercadopago.com pay.google.com payments.google.com
  payments.amazon.com cardinalcommerce.com arcot.com rsa3dsauth.com wlp-acs.com 3dsecure.io
  docusign.com docusign.net hellosign.com adobesign.com echosign.com app.pandadoc.com app.signnow.com
  `
    .trim()
    .split(/\s+/),
);

/** First labels of a company's own sign-in hosts: `adfs.acme.com`, `sso-eu.acme.com`, `accounts.google.de`. */
const SIGN_IN_HOST =
  /^(?:adfs|sso|sts|idp|saml|shibboleth|oauth2?|auth|login|logon|signin|sign-in|accounts)\d*(?:-[a-z0-9-]+)?\./;

/** Sign-in pages of sites that also refer: `github.com/login/oauth`, `www.linkedin.com/oauth/v2`, `x.com/i/oauth2`. */
const SIGN_IN_PATH = new RegExp(
  '^/(?:(?:i|v[\\d.]+|dialog|users|accounts?|auth|realms/[^/]+|protocol|login|idp|as)/)*' +
    '(?:oauth2?|saml2?|sso|adfs|openid(?:-connect)?|oidc|signin-oidc|sign[-_]?in|log[-_]?in|uas|session(?=/?$)|' +
    'checkpoint/(?:lg|challenge)|__/auth)(?:[/.]|$)',
  'i',
);

/** Whether a referrer is a relay, which is never an origin. */
export const isRelay = ({ host, site, path }: Place): boolean =>
  isOrIsBelow(RELAYS, host) ||
  (host !== site && SIGN_IN_HOST.test(host)) ||
  (path !== undefined && SIGN_IN_PATH.test(path));

/** A host as referrers and addresses have it: lower case, punycode. */
export const hostOf = (name: string): string =>
  parseWebUrl(`https://${name}`)?.hostname ?? name.toLowerCase();

/** Tests the source of a referral, a host without `www.`, for the relays of all workspaces and a workspace's own. */
export function relayTest(own: readonly string[] = []): (host: string) => boolean {
  const names = new Set(own.map((name) => withoutPrefix(hostOf(name))));
  return (host) => isOrIsBelow(names, host) || isRelay({ host, site: registrableDomain(host) ?? host });
}

/** Whether the host, or one that it is below, is among the names. */
export function isOrIsBelow(names: ReadonlySet<string>, host: string): boolean {
  for (let name = host; ; name = name.slice(name.indexOf('.') + 1)) {
    if (names.has(name)) return true;
    if (!name.includes('.')) return false;
  }
}
