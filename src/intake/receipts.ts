import type { Reply } from './format.js';
import type { Outcome } from './outcome.js';

/** A receipt for each item of a request, in order. */
export const receiptsReply = (outcomes: readonly Outcome[], status = 200): Reply => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: JSON.stringify({ receipts: outcomes.map(receipt) }),
});

function receipt(outcome: Outcome): object {
  if (outcome.status !== 'rejected') {
    const { messageId, status, position, eventId, warnings } = outcome;
    const receipt = { messageId, status, position: position.toString(), eventId };
    return warnings.length > 0 ? { ...receipt, warnings } : receipt;
  }
  return { messageId: outcome.messageId ?? null, status: outcome.status, reason: outcome.reason };
}
