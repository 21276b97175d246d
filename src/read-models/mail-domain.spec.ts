import { describe, expect, test } from '@jest/globals';
import { companyDomains, leadAddress, mailDomain } from './mail-domain.js';

/** Providers by their own sign-up pages: private mail, internet access with a mail box, aliases, throw-away boxes. */
const PROVIDERS = (
  'gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk live.com msn.com yahoo.com yahoo.co.uk yahoo.nl ymail.com ' +
  'aol.com icloud.com me.com mac.com proton.me protonmail.com pm.me tutanota.com tutanota.de tutamail.com tuta.com tuta.io ' +
  'keemail.me hey.com fastmail.com fastmail.fm zoho.com zohomail.com mail.com email.com gmx.de gmx.net gmx.at web.de ' +
  't-online.de freenet.de arcor.de vodafone.de unitybox.de kabelbw.de posteo.de mailbox.org btinternet.com sky.com talktalk.net ' +
  'virginmedia.com ntlworld.com blueyonder.co.uk plus.com orange.fr wanadoo.fr free.fr sfr.fr neuf.fr laposte.net libero.it ' +
  'virgilio.it tiscali.it alice.it tin.it tim.it fastwebnet.it comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net ' +
  'charter.net earthlink.net optonline.net rogers.com shaw.ca sympatico.ca telus.net videotron.ca bigpond.com optusnet.com.au iinet.net.au ' +
  'xtra.co.nz telenet.be skynet.be ziggo.nl kpnmail.nl xs4all.nl home.nl chello.nl upcmail.nl bluewin.ch hispeed.ch a1.net aon.at ' +
  'chello.at telia.com bredband.net online.no mail.ru bk.ru list.ru inbox.ru yandex.ru yandex.com ya.ru rambler.ru ukr.net i.ua ' +
  'wp.pl o2.pl onet.pl interia.pl seznam.cz centrum.cz abv.bg qq.com 163.com 126.com sina.com sohu.com foxmail.com naver.com ' +
  'hanmail.net daum.net docomo.ne.jp ezweb.ne.jp softbank.ne.jp yahoo.co.jp rediffmail.com uol.com.br bol.com.br terra.com.br ' +
  'mynet.com walla.co.il 012.net.il bezeqint.net prodigy.net.mx eircom.net ' +
  'startmail.com runbox.com mailfence.com hushmail.com disroot.org riseup.net cock.li skiff.com onmail.com ' +
  'duck.com mozmail.com simplelogin.com anonaddy.me privaterelay.appleid.com passmail.net ' +
  'mailinator.com guerrillamail.com 10minutemail.com yopmail.com temp-mail.org sharklasers.com trashmail.com'
).split(' ');

test.each(PROVIDERS)('%s is a mail provider and no company', (domain) =>
  expect([mailDomain(`ada@${domain}`), mailDomain(`ada@mx.${domain}`)]).toEqual([undefined, undefined]),
);

/** Their staff has other mail than their customers, or they are no providers at all. */
const COMPANIES = (
  'acme.example google.com microsoft.com apple.com amazon.com oracle.com ibm.com salesforce.com siemens.com sap.com bosch.com ' +
  'comcast.com charter.com cox.com verizon.com att.com github.com gitlab.com stripe.com shopify.com hubspot.com zendesk.com ' +
  'bbc.co.uk cern.ch stanford.edu nasa.gov vodafone.com telekom.de swisscom.com telstra.com.au proton.ch acme.uk.com'
).split(' ');

test.each(COMPANIES)('%s is a company', (domain) => expect(mailDomain(`ada@${domain}`)).toBe(domain));

test.each([['ada'], ['ada@localhost'], ['ada@127.0.0.1'], ['ada@github.io'], ['']])(
  '%j has no domain',
  (email) => expect(mailDomain(email)).toBeUndefined(),
);

test.each([
  ['gmail.com', 'free_mail'],
  ['mx.gmail.com', 'free_mail'],
  ['duck.com', 'free_mail'],
  ['mailinator.com', 'disposable'],
  ['acme.example', null],
  ['telekom.de', null],
])('the lists of mail providers have %s as %s', (host, provider) =>
  expect(leadAddress(`ada@${host}`, null)).toEqual({ email: `ada@${host}`, provider, bouncedAt: null }),
);

describe('a journey model', () => {
  const domainOf = companyDomains({
    add: ['isp.example', 'Bücher.example', 'mail.acme.example'],
    remove: ['Mail.com', 'btinternet.com'],
  });

  test('adds and removes providers', () => {
    expect(
      ['isp.example', 'mx.isp.example', 'xn--bcher-kva.example'].map((each) => domainOf(`ada@${each}`)),
    ).toEqual([undefined, undefined, undefined]);
    expect(domainOf('ada@mail.com')).toBe('mail.com');
    expect(domainOf('ada@btinternet.com')).toBe('btinternet.com');
    expect(domainOf('ada@gmail.com')).toBeUndefined();
  });

  test('adds a host without the rest of its domain', () => {
    expect(domainOf('ada@mail.acme.example')).toBeUndefined();
    expect(domainOf('ada@acme.example')).toBe('acme.example');
  });

  test('that says nothing leaves the lists as they are', () =>
    expect(companyDomains(undefined)('ada@mail.com')).toBeUndefined());
});
