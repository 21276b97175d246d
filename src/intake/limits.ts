import { BODY_LIMIT } from '../http/admission/request-body.js';
import { reject, type Rejected } from './outcome.js';

/** Of a request of one format. */
export interface RequestLimits {
  /**
   * Of its body, inflated. More than 1 MB only where a provider sends more at once and lets nobody change that: one request has to
   * fit into the share of a client address (http/admission/byte-budget.ts).
   */
  readonly requestBytes: number;
  readonly requestItems: number;
}

/** Bytes of a body that are read: of one over the limit of its format, so that it can be kept. */
export const bodyLimit = ({ requestBytes }: Pick<RequestLimits, 'requestBytes'>): number =>
  Math.max(BODY_LIMIT, requestBytes);

export const requestTooLarge = ({ requestBytes }: Pick<RequestLimits, 'requestBytes'>): Rejected =>
  reject('request-too-large', `The request body is over the limit of ${sizeText(requestBytes)}`);

export const sizeText = (bytes: number): string =>
  bytes >= 1024 * 1024 ? `${bytes / 1024 / 1024} MB` : `${bytes / 1024} KB`;

export const tooManyEvents = ({ requestItems }: Pick<RequestLimits, 'requestItems'>): Rejected =>
  reject('too-many-events', `The request holds more than the limit of ${requestItems} events`);
