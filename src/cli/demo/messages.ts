import type {
  GroupParams,
  IdentifyParams,
  PageParams,
  TrackParams,
  AliasParams,
} from '@segment/analytics-node';

interface Calls {
  readonly page: PageParams;
  readonly track: TrackParams;
  /** Segment's type knows fewer traits than its API takes. */
  readonly identify: Omit<IdentifyParams, 'traits'> & { traits: Record<string, unknown> };
  readonly group: GroupParams;
  readonly alias: AliasParams;
}

/** One call of Segment's client, with its own message id and timestamp. */
export type Message = {
  [Call in keyof Calls]: {
    readonly call: Call;
    readonly params: Calls[Call] & { readonly messageId: string; readonly timestamp: Date };
    /** When the tracker would have got it through; messages are sent in this order. */
    readonly sentAt: number;
  };
}[keyof Calls];

type Draft<Call extends keyof Calls> = Omit<Calls[Call], 'messageId' | 'timestamp'>;

/** Collects what one origin says; message ids are its name and a number. */
export class Outbox {
  readonly messages: Message[] = [];

  constructor(
    private readonly origin: string,
    private readonly until: number,
  ) {}

  /** @param late milliseconds until it is sent, for uploads and browsers without network */
  send<Call extends keyof Calls>(call: Call, at: number, params: Calls[Call] | Draft<Call>, late = 0): void {
    if (at >= this.until) return;
    const messageId = `${this.origin}-${this.messages.length + 1}`;
    const message = { call, sentAt: at + late, params: { ...params, messageId, timestamp: new Date(at) } };
    this.messages.push(message as Message);
  }
}

export const isTouch = ({ call }: Message): boolean => call === 'page' || call === 'track';
