import type { View } from '../read-models.js';

/** What sources of items are asked. */
export interface AttentionRequest {
  /** The instant of deadlines. */
  readonly at: Date;
  /** Only what is about this recipient. */
  readonly rep: string | undefined;
  /** Items of each kind. */
  readonly perKind: number;
  readonly timeZone: string;
}

/** Without years: what needs attention is near. */
export const localTime = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  }).format(at);

/** The name of a recipient in the journey model, else the id. */
export const recipientName = ({ model }: View, id: string): string =>
  model?.data.document.routing?.recipients.find((recipient) => recipient.id === id)?.name ?? id;

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
