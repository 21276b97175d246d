import type { Position } from '../domain/events.js';

/** Why an item was not accepted. `code` is stable and public; `path` is dotted, e.g. `content.url`. */
export interface Reason {
  readonly code: string;
  readonly message: string;
  readonly path?: string;
}

/**
 * What of an accepted message was replaced or left out, shaped as a reason: `time-replaced`, `email-invalid`,
 * `placeholder-ignored`, `identity-invalid`.
 */
export type Warning = Reason;

/** What became of one item of a request. All three are final: the item is in the log, or whole in `rejected`. */
export type Outcome =
  | {
      readonly status: 'accepted' | 'duplicate';
      readonly messageId: string;
      readonly eventId: string;
      readonly position: Position;
      /** Of the message as it was sent this time. */
      readonly warnings: readonly Warning[];
    }
  | { readonly status: 'rejected'; readonly messageId?: string; readonly reason: Reason };

export interface Rejected {
  readonly rejected: Reason;
}

export function reject(code: string, message: string, path?: string): Rejected {
  return { rejected: path === undefined ? { code, message } : { code, message, path } };
}

export const isRejected = (step: object): step is Rejected => 'rejected' in step;

/** The whole request is refused; what it carried is kept where the key is known. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 410 | 413 | 415;
  readonly code: string;
  readonly detail: string;
}
