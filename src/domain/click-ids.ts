import type { Channel } from './touchpoint.js';

/** Where a link came from by the parameter that its platform appended. */
export interface ClickOrigin {
  readonly channel: Channel;
  readonly source: string;
  readonly medium: string;
}

const click = (channel: Channel, source: string, medium: string): ClickOrigin => ({
  channel,
  source,
  medium,
});
const GOOGLE_ADS = click('paid_search', 'google', 'cpc');

/**
 * Parameters that ad and mail platforms append to the links they send people through, in lower case. `fbclid` is no sign
 * of an ad: Facebook appends it to every link out.
 */
export const CLICK_IDS: ReadonlyMap<string, ClickOrigin> = new Map([
  ['gclid', GOOGLE_ADS],
  ['gbraid', GOOGLE_ADS],
  ['wbraid', GOOGLE_ADS],
  ['gad_source', GOOGLE_ADS],
  ['dclid', click('display', 'google', 'display')],
  ['msclkid', click('paid_search', 'bing', 'cpc')],
  ['yclid', click('paid_search', 'yandex', 'cpc')],
  ['li_fat_id', click('paid_social', 'linkedin', 'cpc')],
  ['ttclid', click('paid_social', 'tiktok', 'cpc')],
  ['twclid', click('paid_social', 'twitter', 'cpc')],
  ['rdt_cid', click('paid_social', 'reddit', 'cpc')],
  ['sccid', click('paid_social', 'snapchat', 'cpc')],
  ['qclid', click('paid_social', 'quora', 'cpc')],
  ['epik', click('paid_social', 'pinterest', 'cpc')],
  ['fbclid', click('organic_social', 'facebook', 'social')],
  ['igshid', click('organic_social', 'instagram', 'social')],
  ['mc_eid', click('email', 'mailchimp', 'email')],
  ['mkt_tok', click('email', 'marketo', 'email')],
  ['_hsenc', click('email', 'hubspot', 'email')],
  ['irclickid', click('affiliate', 'impact', 'affiliate')],
  ['cjevent', click('affiliate', 'cj', 'affiliate')],
  ['awc', click('affiliate', 'awin', 'affiliate')],
]);

/** The click id among the names of query parameters that says most: an ad before a link that was merely passed on. */
export function clickOrigin(parameters: Iterable<string>): ClickOrigin | undefined {
  let first: ClickOrigin | undefined;
  for (const name of parameters) {
    const found = CLICK_IDS.get(name.toLowerCase());
    if (found && isPaid(found)) return found;
    first ??= found;
  }
  return first;
}

export const isPaid = ({ medium }: ClickOrigin): boolean => ['cpc', 'display', 'affiliate'].includes(medium);
