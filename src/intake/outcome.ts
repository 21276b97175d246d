import type { Position } from '../domain/events.js';

/** Why an item was not accepted. `code` is stable and public; `path` is dotted, e.g. `content.url`. */
export interface Reason {
  readonly code: string;
  readonly message: string;
  readonly path?: string;
}

/** What became of one item of a request. All three are final: the item is in the log, or whole in `rejected`. */
export type Outcome =
  | {
      readonly status: 'accepted' | 'duplicate';
      readonly messageId: string;
      readonly eventId: string;
      readonly position: Position;
    }
  | { readonly status: 'rejected'; readonly messageId?: string; readonly reason: Reason };

export interface Rejected {
  readonly rejected: Reason;
}

export function reject(code: string, message: string, path?: string): Rejected {
  return { rejected: path === undefined ? { code, message } : { code, message, path } };
}

export const isRejected = (step: object): step is Rejected => 'rejected' in step;
