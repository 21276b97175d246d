import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { emailKinds, type LeadAddress } from './email-kinds.js';

const at = (email: string, provider: LeadAddress['provider'] = null, bouncedAt: number | null = null) => ({
  ...{ email, provider, bouncedAt },
});

/** RFC 2142, sections 3 to 6, and the first list that Mailchimp published of those it refuses. */
const RFC_2142 =
  'info marketing sales support abuse noc security postmaster hostmaster usenet news webmaster www uucp ftp';
const MAILCHIMP =
  'abuse admin billing compliance devnull dns ftp hostmaster inoc ispfeedback ispsupport list-request list maildaemon noc ' +
  'no-reply noreply null phish phishing postmaster privacy registrar root security spam support sysadmin tech ' +
  'undisclosed-recipients unsubscribe usenet uucp webmaster www';

test.each([...new Set(`${RFC_2142} ${MAILCHIMP}`.split(' '))])('%s@ is the address of a role', (name) =>
  expect(emailKinds()(at(`${name}@acme.example`))).toEqual(['role']),
);

test.each(['sales+emea@acme.example', 'users-request@lists.acme.example', 'vertrieb@acme.example'])(
  '%s is the address of a role',
  (email) => expect(emailKinds()(at(email))).toEqual(['role']),
);

test.each(['ada@acme.example', 'ada.sales@acme.example', 'infographics@acme.example', '+sales@acme.example'])(
  '%s is the address of a person',
  (email) => expect(emailKinds()(at(email))).toEqual([]),
);

test('an address may be of several kinds at once', () =>
  expect(emailKinds()(at('info@gmail.com', 'free_mail', 1))).toEqual(['role', 'free_mail', 'bounced']));

test('a lead without an address has none of these kinds', () => expect(emailKinds()(null)).toEqual([]));

test('a journey model adds and removes mail providers, with the hosts below them', () => {
  const kindsOf = emailKinds({ add: ['Isp.example'], remove: ['mail.com'] });
  expect(kindsOf(at('ada@mx.isp.example'))).toEqual(['free_mail']);
  expect(kindsOf(at('ada@eu.mail.com', 'free_mail'))).toEqual([]);
  expect(kindsOf(at('ada@bad.example', 'disposable'))).toEqual(['disposable']);
});

test('any address has kinds, whatever it looks like', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.emailAddress()), (email) => {
      expect(emailKinds({ add: ['isp.example'] })(at(email)).length).toBeLessThanOrEqual(2);
    }),
  );
});
