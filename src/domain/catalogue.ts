import {
  PUBLISHER_KINDS,
  type CampaignDefined,
  type ContentCatalogued,
  type PublisherKind,
} from './catalogue-events.js';
import { checkChannel, labelIn } from './investment.js';
import { label } from './label.js';
import { omitUndefined } from './opportunity-opening.js';
import { Refused } from './refused.js';

/** A content as it is described; all of it. */
export interface DescribedContent {
  readonly contentId: string;
  readonly title?: string | undefined;
  readonly type?: string | undefined;
  readonly author?: string | undefined;
  readonly publisher?: { readonly name: string; readonly kind: string } | undefined;
  readonly url?: string | undefined;
  readonly serves?: readonly { readonly persona: string; readonly stage: string }[] | undefined;
}

const TITLE_LENGTH = 512;

/** With labels in the form that touchpoints have. @throws Refused label-blank, publisher-kind-unknown */
export function contentOf(described: DescribedContent): ContentCatalogued {
  const { title, type, author, publisher, url, serves } = described;
  const texts = {
    title: title === undefined ? undefined : label(title, TITLE_LENGTH),
    type: type === undefined ? undefined : label(type),
    author: author === undefined ? undefined : label(author),
  };
  return {
    contentId: labelIn('content', described.contentId, 'contentId'),
    ...omitUndefined({ ...texts, url }),
    ...(publisher && { publisher: { name: publisher.name, kind: kindOf(publisher.kind) } }),
    ...(serves && serves.length > 0 && { serves: serves.map(({ persona, stage }) => ({ persona, stage })) }),
  };
}

/** @throws Refused `publisher-kind-unknown` */
function kindOf(kind: string): PublisherKind {
  const found = PUBLISHER_KINDS.find((known) => known === kind);
  if (found) return found;
  const message = `"${kind.slice(0, 50)}" is not one of ${PUBLISHER_KINDS.join(', ')}`;
  throw new Refused('publisher-kind-unknown', message, 'publisher.kind');
}

/** A campaign as it is described; all of it. */
export interface DescribedCampaign {
  readonly campaignId: string;
  readonly name?: string | undefined;
  readonly source?: string | undefined;
  readonly channel?: string | undefined;
}

/** @throws Refused label-blank, channel-unknown */
export function campaignOf({ campaignId, name, source, channel }: DescribedCampaign): CampaignDefined {
  return {
    campaignId: labelIn('campaign', campaignId, 'campaignId'),
    ...omitUndefined({ name: name === undefined ? undefined : label(name) }),
    ...(source !== undefined && { source: labelIn('source', source) }),
    ...(channel !== undefined && { channel: checkChannel(channel) }),
  };
}
