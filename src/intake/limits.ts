import type { Format } from './format.js';
import { reject, type Rejected } from './outcome.js';

export const requestTooLarge = ({ requestBytes }: Pick<Format, 'requestBytes'>): Rejected =>
  reject('request-too-large', `The request body is over the limit of ${sizeText(requestBytes)}`);

export const sizeText = (bytes: number): string =>
  bytes >= 1024 * 1024 ? `${bytes / 1024 / 1024} MB` : `${bytes / 1024} KB`;

export const tooManyEvents = ({ requestItems }: Pick<Format, 'requestItems'>): Rejected =>
  reject('too-many-events', `The request holds more than the limit of ${requestItems} events`);
