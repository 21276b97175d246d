import type { Reactor } from '../subscriptions/subscription.js';
import { MESSAGE_EVENTS, messageOf } from '../webhooks/message.js';
import { queueMessages } from '../webhooks/queue-messages.js';

/**
 * Queues what events tell for the webhooks of their workspace: rows, committed with the checkpoint, so each exactly once. An
 * endpoint gets what follows its addition, so it starts at the beginning and has nothing to say of the past.
 */
export const deliverWebhooks: Reactor = {
  name: 'deliver_webhooks',
  version: 1,
  handles: MESSAGE_EVENTS,
  after: [],
  startFrom: 'beginning',
  rebuild: 'never',
  async react(events, { tx }) {
    await queueMessages(
      tx,
      events.flatMap((event) => messageOf(event) ?? []),
    );
  },
};
