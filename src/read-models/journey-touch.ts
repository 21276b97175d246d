import type { Touch } from '../domain/condition.js';
import type { ContentRef } from '../domain/touchpoint.js';

/** What a row of touchline.journey says of its touchpoint. */
export interface StoredTouch extends Pick<Touch, 'kind' | 'verdict' | 'channel'> {
  readonly eventId: string;
  /** ms */
  readonly occurredAt: number;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaign: string | null;
  readonly name: string | null;
  readonly contentId: string | null;
  readonly contentUrl: string | null;
  readonly contentTitle: string | null;
  readonly contentType: string | null;
  readonly detail: {
    /** The content as the event names it; true: just as the columns have it. */
    readonly content?: ContentRef | true;
    readonly properties?: Readonly<Record<string, unknown>>;
    /** Host of the page on the way that was passed over: the event names it as source. */
    readonly relay?: string;
  } | null;
}

const orUndefined = <T>(value: T | null): T | undefined => value ?? undefined;

/** The touchpoint that a row was written for, as its event recorded it. */
export function touchOfRow(row: StoredTouch): Touch {
  const relay = row.detail?.relay;
  return {
    id: row.eventId,
    at: row.occurredAt,
    kind: row.kind,
    verdict: row.verdict,
    // A model without this page on the way reads it so.
    ...(relay === undefined
      ? {
          channel: row.channel,
          source: orUndefined(row.source),
          medium: orUndefined(row.medium),
        }
      : ({ channel: 'referral', source: relay, medium: 'referral' } as const)),
    campaign: orUndefined(row.campaign),
    name: orUndefined(row.name),
    content: namedContent(row),
    properties: row.detail?.properties,
  };
}

function namedContent({
  detail,
  contentId,
  contentUrl,
  contentTitle,
  contentType,
}: StoredTouch): ContentRef | undefined {
  if (detail?.content && detail.content !== true) return detail.content;
  const url = contentUrl === null ? undefined : { url: contentUrl };
  if (!detail?.content) return url;
  return {
    ...(contentId !== null && { id: contentId }),
    ...url,
    ...(contentTitle !== null && { title: contentTitle }),
    ...(contentType !== null && { type: contentType }),
  };
}
