import { Analytics, type IdentifyParams } from '@segment/analytics-node';
import type { Opportunity } from './opportunities.js';
import type { Message } from './messages.js';
import { showProgress } from './progress.js';
import { type Answer, DemoProblem, type DemoServer } from './server.js';

/** Messages in one request, and messages handed to the client that have no answer yet. */
const BATCH = 250;
const UNANSWERED = 4 * BATCH;

/**
 * Sends the messages with Segment's own client, as a web site would, in their order.
 *
 * @throws DemoProblem a message was not taken
 */
export async function sendMessages(server: DemoServer, messages: readonly Message[]): Promise<void> {
  const { url: host, writeKey } = server;
  const analytics = new Analytics({ writeKey, host, path: '/v1/batch', flushAt: BATCH, flushInterval: 250 });
  const bar = showProgress('Touchpoints', messages.length);
  let unanswered = 0;
  let failure: unknown;
  let wake = (): void => undefined;
  const answered = (error?: unknown): void => {
    failure ??= error;
    unanswered--;
    bar.advance(1);
    wake();
  };
  for (const message of messages) {
    while (unanswered >= UNANSWERED && failure === undefined) {
      await new Promise<void>((resolve) => (wake = resolve));
    }
    if (failure !== undefined) break;
    unanswered++;
    send(analytics, message, answered);
  }
  await analytics.closeAndFlush({ timeout: 120_000 });
  bar.done();
  if (failure !== undefined) throw new DemoProblem(`A touchpoint was not delivered: ${reason(failure)}`);
}

function send(analytics: Analytics, message: Message, done: (error?: unknown) => void): void {
  if (message.call === 'page') analytics.page(message.params, done);
  else if (message.call === 'track') analytics.track(message.params, done);
  else if (message.call === 'identify') analytics.identify(message.params as IdentifyParams, done);
  else if (message.call === 'group') analytics.group(message.params, done);
  else analytics.alias(message.params, done);
}

const reason = (failure: unknown): string =>
  failure instanceof Error ? failure.message : JSON.stringify(failure);

const CONCURRENCY = 8;

/** Reports the opportunities as a CRM would: opened, moved on, closed. Sent again, a command changes nothing. */
export async function sendOpportunities(
  server: DemoServer,
  opportunities: readonly Opportunity[],
): Promise<void> {
  const bar = showProgress('Opportunities', opportunities.length);
  const waiting = [...opportunities];
  const work = async (): Promise<void> => {
    for (let opportunity = waiting.shift(); opportunity; opportunity = waiting.shift()) {
      await sendOpportunity(server, opportunity);
      bar.advance(1);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  bar.done();
}

async function sendOpportunity(server: DemoServer, opportunity: Opportunity): Promise<void> {
  const path = `/api/opportunities/${opportunity.id}`;
  await server.command('POST', '/api/opportunities', opening(opportunity), `${opportunity.id}-open`);
  for (const { stage, at, amount } of opportunity.steps) {
    const change = { stage, ...(amount === undefined ? {} : { amount }), ...when(at) };
    await server.command('PATCH', path, change, `${opportunity.id}-${stage}`);
  }
  if (!opportunity.end) return;
  const { status, at, reason: why } = opportunity.end;
  const closing = {
    status,
    closedAt: new Date(at).toISOString(),
    ...(why === undefined ? {} : { reason: why }),
  };
  await server.command('PATCH', path, closing, `${opportunity.id}-${status}`);
}

const when = (at: number): Answer => ({ occurredAt: new Date(at).toISOString() });

const opening = ({
  id,
  name,
  account,
  amount,
  currency,
  owner,
  source,
  openedAt,
  committee,
}: Opportunity): Answer => ({
  ...{ opportunityId: id, name, accountId: account.id, amount, currency, owner, source, stage: 'discovery' },
  openedAt: new Date(openedAt).toISOString(),
  contacts: committee.map(({ person, role }) => ({ email: person.email, crmId: `crm-${person.id}`, role })),
});
