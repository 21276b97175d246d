const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/**
 * Mail providers that neither `email-providers` nor `mailchecker` has, by their own sign-up pages: private mail and aliases,
 * then internet access with a mail box, by country.
 */
export const PROVIDERS = words(`
  tuta.com tuta.io tutanota.com tutanota.de tutamail.com keemail.me
  fastmail.com fastmail.ca fastmail.co.uk fastmail.de fastmail.es fastmail.im fastmail.in fastmail.jp fastmail.mx fastmail.net
  fastmail.nl fastmail.se fastmail.us messagingengine.com sent.as sent.at imap.cc 123mail.org
  zohomail.com zohomail.eu posteo.de posteo.net posteo.org mailbox.org startmail.com mailfence.com disroot.org riseup.net skiff.com
  onmail.com vivaldi.net kolabnow.com mailo.com ik.me ikmail.com murena.io soverin.net openmailbox.org ctemplar.com hushmail.me
  duck.com mozmail.com relay.firefox.com simplelogin.com simplelogin.co slmail.me aleeas.com anonaddy.com anonaddy.me addy.io
  passmail.net passmail.com passinbox.com passfwd.com privaterelay.appleid.com
  yahoo.ae yahoo.at yahoo.be yahoo.ch yahoo.cl yahoo.co yahoo.co.il yahoo.co.za yahoo.com.co yahoo.com.tr yahoo.cz yahoo.fi
  yahoo.hu yahoo.nl yahoo.no yahoo.pl yahoo.pt hotmail.ch hotmail.no hotmail.com.hk hotmail.com.tw live.at live.cl live.co.za live.in
  live.no live.ru live.se outlook.nl gmx.co.uk msn.nl yandex.pl my.com
  vodafone.de unitybox.de kabelbw.de alicedsl.de t-online.de aon.at a1.net chello.at upc.at tele2.at utanet.at bluewin.ch hispeed.ch
  swissonline.ch ziggo.nl xs4all.nl online.nl upcmail.nl quicknet.nl casema.nl solcon.nl tele2.nl telfort.nl vodafonethuis.nl
  scarlet.nl scarlet.be telia.com bredband.net online.no
  plus.com force9.co.uk uk2.net aol.fr tim.it fastwebnet.it aruba.it vodafone.it pec.it telefonica.net movistar.es
  op.pl onet.eu poczta.onet.pl vp.pl autograf.pl mail.bg bigmir.net email.ua box.ua qip.ru nextmail.ru km.ru autorambler.ru tut.by
  inbox.lt aport.ru e-mail.ua mail.ua ro.ru
  suddenlink.net videotron.ca bell.net bigpond.com adam.com.au aapt.net.au iinet.net.au
  126.net 139.com 189.cn vip.126.com vip.163.com sohu.com sogou.com wo.com.cn china.com rediff.com
  mynet.com superonline.com 012.net.il bezeqint.net
`);

/** In one of the lists, but the company's staff writes from there. */
export const NO_PROVIDERS = words(`
  comcast.com charter.com cox.com verizon.com att.com telstra.com.au swisscom.com vodafone.com telekom.de proton.ch
  example.com
`);
