/** What kind of site refers: Google Analytics' source categories, and mail and AI assistants beside them. */
export type Category = 'search' | 'social' | 'shopping' | 'video' | 'mail' | 'assistant';

/**
 * The referrers that matter most, by category a line for each: the source that reports show, other names under which
 * links are tagged with it (without spaces, `-` and `_`), and after `|` its hosts and app packages. `*.acme.com` is that
 * host and all below it, `acme.*` the host under any national domain; `www.` and `m.` in front need no mention.
 *
 * Follows the table "GA4 default channel group sources and categories" (support.google.com/analytics/answer/9756891, as
 * of September 2026) as far as B2B sites meet it. It goes first; the breadth comes from referrer-hosts.json. Not followed
 * where mail hosts count as search (they are mail) or payment pages as shopping (they are relays, relays.ts).
 */
export const KNOWN_REFERRERS: Readonly<Record<Category, string>> = {
  mail: `
gmail googlemail | mail.google.com inbox.google.com com.google.android.gm
outlook outlook.com hotmail office365 | outlook.live.com outlook.com outlook.office.com outlook.office365.com outlook.cloud.microsoft *.mail.live.com *.safelinks.protection.outlook.com com.microsoft.office.outlook
yahoo_mail | *.mail.yahoo.com mail.yahoo.* com.yahoo.mobile.client.android.mail
aol_mail | *.mail.aol.com
icloud_mail icloud | icloud.com
gmx | *.gmx.net deref-gmx.net deref-gmx.com gmx.* com.gmx.mail de.gmx.mobile.android.mail
web.de | navigator.web.de 3c.web.de *.mail.web.de deref-web.de de.web.mobile.android.mail
mail.com | mail.com navigator-lxa.mail.com *.lxa.mail.com deref-mail.com
t_online | email.t-online.de
proton_mail proton protonmail | mail.proton.me mail.protonmail.com account.proton.me ch.protonmail.android
tuta tutanota | mail.tutanota.com app.tuta.com
fastmail | app.fastmail.com fastmail.com com.fastmail.app
hey | app.hey.com
zoho_mail zoho | mail.zoho.* workplace.zoho.com
mail.ru | e.mail.ru touch.mail.ru octavius.mail.ru ru.mail.mailapp
yandex_mail | mail.yandex.* ru.yandex.mail
seznam_mail | email.seznam.cz
rambler_mail | mail.rambler.ru
mimecast | *.mimecast.com
proofpoint | urldefense.proofpoint.com urldefense.com
barracuda | linkprotect.cudasvc.com
mailchimp | *.list-manage.com *.campaign-archive.com mailchi.mp
hubspot_mail | *.hubspotemail.net *.hubspotlinks.com
constant_contact constantcontact | *.rs6.net conta.cc
campaign_monitor campaignmonitor | *.createsend.com
sendgrid | *.ct.sendgrid.net
mailgun |
klaviyo | *.klaviyomail.com
activecampaign | *.activehosted.com
brevo sendinblue | *.sendibm1.com *.sibcontacts.com
customer.io customerio | *.customeriomail.com
mailerlite | *.mlsend.com
marketo |
pardot |
`,
  search: `
google adwords googleads | google.* images.google.* news.google.* scholar.google.* cse.google.* lens.google.* encrypted.google.com search.google.com play.google.com www.googleadservices.com com.google.android.googlequicksearchbox com.google.android.apps.searchlite com.google.android.apps.magazines
bing bingads microsoftads msads | *.bing.com com.microsoft.bing com.microsoft.emmx
msn | msn.com ntp.msn.com
yahoo | yahoo.* *.search.yahoo.com search.yahoo.*
duckduckgo ddg | *.duckduckgo.com com.duckduckgo.mobile.android
yandex | yandex.* ya.ru *.search.yandex.ru zen.yandex.ru ru.yandex.searchplugin com.yandex.browser
baidu | baidu.com www1.baidu.com com.baidu.searchbox
ecosia | *.ecosia.org com.ecosia.android
startpage | *.startpage.com
qwant | *.qwant.com com.qwant.liberty
brave | search.brave.com
kagi | *.kagi.com
presearch | *.presearch.com
swisscows | *.swisscows.com
mojeek | *.mojeek.com
metager | metager.org metager.de
ask | *.ask.com
aol | search.aol.* suche.aol.de recherche.aol.fr
naver | naver.com search.naver.com m.search.naver.com
daum | daum.net search.daum.net
seznam | seznam.cz search.seznam.cz
sogou | *.sogou.com
so 360 | so.com 360.cn so.360.cn
rambler | rambler.ru nova.rambler.ru
onet | onet.pl
centrum | centrum.cz
virgilio |
gmx | suche.gmx.net search.gmx.com
orange | lemoteur.orange.fr
comcast | search.comcast.net
walla | search.walla.co.il
rakuten | rakuten.co.jp websearch.rakuten.co.jp
startsiden | startsiden.no
biglobe | biglobe.ne.jp biglobe.co.jp
auone | sp-web.search.auone.jp
dogpile | *.dogpile.com
excite | excite.com
lycos |
babylon |
conduit |
kvasir |
eniro |
terra |
globo |
`,
  social: `
linkedin linkedinads | *.linkedin.com *.lnkd.in com.linkedin.android
facebook fb facebookads meta metaads | *.facebook.com *.fb.com fb.me fb.watch com.facebook.katana com.facebook.lite
messenger fbmessenger | *.messenger.com m.me com.facebook.orca
instagram ig instagramads | *.instagram.com com.instagram.android
threads | *.threads.net *.threads.com com.instagram.barcelona
twitter x twitterads xads | *.twitter.com x.com *.x.com t.co com.twitter.android
reddit redditads | *.reddit.com redd.it com.reddit.frontpage
quora | *.quora.com com.quora.android
pinterest | *.pinterest.com pinterest.* pin.it com.pinterest
tiktok tiktokads | *.tiktok.com com.zhiliaoapp.musically
snapchat snap | *.snapchat.com com.snapchat.android
tumblr | *.tumblr.com t.umblr.com com.tumblr
mastodon | mastodon.social mastodon.online fosstodon.org hachyderm.io mstdn.social org.joinmastodon.android
bluesky bsky | *.bsky.app xyz.blueskyweb.app
xing | *.xing.com com.xing.android
viadeo | *.viadeo.com
vk vkontakte | *.vk.com vkontakte.ru com.vkontakte.android
ok odnoklassniki | *.ok.ru odnoklassniki.ru
weibo | *.weibo.com weibo.cn t.cn com.sina.weibo
wechat weixin | *.wechat.com mp.weixin.qq.com com.tencent.mm
whatsapp | *.whatsapp.com wa.me com.whatsapp
telegram | t.me web.telegram.org *.telegram.org org.telegram.messenger org.telegram.plus
line | line.me jp.naver.line.android
kakao | *.kakao.com com.kakao.talk
discord | *.discord.com discord.gg com.discord
skype | web.skype.com com.skype.raider
meetup | *.meetup.com com.meetup
hackernews hn ycombinator | news.ycombinator.com
stackoverflow | *.stackoverflow.com
stackexchange | *.stackexchange.com serverfault.com superuser.com askubuntu.com
slideshare | *.slideshare.net
scribd | *.scribd.com
producthunt | *.producthunt.com
glassdoor | glassdoor.*
trustpilot | trustpilot.com
yelp | yelp.*
tripadvisor | tripadvisor.*
yammer vivaengage | *.yammer.com engage.cloud.microsoft com.yammer.v1
medium | *.medium.com com.medium.reader
blogger blogspot | *.blogger.com
wordpress | wordpress.com
disqus | *.disqus.com disq.us
flipboard | *.flipboard.com
pocket getpocket | getpocket.com
digg | digg.com
slashdot | *.slashdot.org
researchgate | *.researchgate.net
academia | *.academia.edu
goodreads | *.goodreads.com
deviantart | *.deviantart.com
flickr | *.flickr.com
hootsuite | hootsuite.com ow.ly
buffer | buff.ly
bitly bit.ly | bit.ly
tinyurl | tinyurl.com
livejournal | *.livejournal.com
social |
`,
  video: `
youtube yt youtubeads | *.youtube.com youtu.be youtube-nocookie.com com.google.android.youtube
vimeo | *.vimeo.com com.vimeo.android.videoapp
wistia | *.wistia.com *.wistia.net
twitch | *.twitch.tv tv.twitch.android.app
dailymotion | *.dailymotion.com dai.ly
ted | *.ted.com
netflix | *.netflix.com
hulu | *.hulu.com
disneyplus | *.disneyplus.com
crackle | *.crackle.com
curiositystream | *.curiositystream.com
iqiyi | *.iqiyi.com iq.com
youku | *.youku.com
veoh | *.veoh.com
utreon | *.utreon.com
`,
  shopping: `
amazon | amazon.* com.amazon.mshop.android.shopping
ebay | ebay.* com.ebay.mobile
etsy | *.etsy.com com.etsy.android
walmart | *.walmart.com
alibaba | *.alibaba.com com.alibaba.intl.android.apps.poseidon
aliexpress | *.aliexpress.com
shopify | *.shopify.com
shop_app shopapp | shop.app
mercadolibre | mercadolibre.* mercadolivre.com.br
google_shopping googleshopping | shopping.google.*
ig_shopping igshopping |
naver_shopping | *.shopping.naver.com
yahoo_shopping | shopping.yahoo.* *.shopping.yahoo.co.jp
shopzilla | *.shopzilla.com
stripe |
idealo | idealo.*
`,
  assistant: `
chatgpt.com chatgpt openai | *.chatgpt.com chat.openai.com com.openai.chatgpt
claude.ai claude anthropic | *.claude.ai com.anthropic.claude
gemini.google.com gemini bard | gemini.google.com bard.google.com com.google.android.apps.bard
copilot.microsoft.com copilot | copilot.microsoft.com copilot.cloud.microsoft m365.cloud.microsoft com.microsoft.copilot
perplexity.ai perplexity | *.perplexity.ai ai.perplexity.app.android
grok.com grok | *.grok.com ai.x.grok
chat.deepseek.com deepseek | chat.deepseek.com com.deepseek.chat
chat.mistral.ai mistral lechat | chat.mistral.ai
meta.ai metaai | *.meta.ai
you.com you | you.com
poe.com poe | poe.com com.poe.android
phind.com phind | phind.com
`,
};
