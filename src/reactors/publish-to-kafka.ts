import type { EventType, RecordedEvent } from '../domain/events.js';
import { chunkRecords } from '../kafka/record-chunks.js';
import { type NewRecord, RecordTooLarge, type RecordSink, TOPICS } from '../kafka/kafka.js';
import type { Reactor } from '../subscriptions/subscription.js';
import { Outage } from '../subscriptions/batch-transaction.js';
import { cloudEventRecord } from './cloud-event.js';

/** Its name among the subscriptions, where its lag shows; to rebuild it is to publish everything again. */
export const PUBLISHER = 'kafka_events';

/** Sending gains nothing by more, and objects that live shorter cost the garbage collector less. */
const LARGEST_BATCH = 2_000;

/** Every type; a new one does not compile until it is here. */
const PUBLISHED: Readonly<Record<EventType, true>> = {
  TouchpointRecorded: true,
  IdentityClaimed: true,
  IdentitiesMerged: true,
  IdentitiesSplit: true,
  ConsentChanged: true,
  AccountObserved: true,
  OpportunityOpened: true,
  OpportunityChanged: true,
  ContactRoleAssigned: true,
  OpportunityWon: true,
  OpportunityLost: true,
  OpportunityReopened: true,
  OpportunityDeleted: true,
  JourneyModelPublished: true,
  VerdictRulePublished: true,
  VerdictRuleWithdrawn: true,
  ContentCatalogued: true,
  CampaignDefined: true,
  InvestmentRecorded: true,
  LeadQualified: true,
  LeadHandedOff: true,
  LeadAccepted: true,
  LeadRecycled: true,
  LeadDisqualified: true,
};

/**
 * Publishes committed events to `touchline.events`, in the order of the log, from its checkpoint: at least once, and after
 * a crash those since the last checkpoint again. Kafka that is away is waited for.
 */
export const publishToKafka = (sink: RecordSink): Reactor => ({
  name: PUBLISHER,
  version: 1,
  handles: Object.keys(PUBLISHED) as EventType[],
  after: [],
  startFrom: 'beginning',
  rebuild: 'allowed',
  largestBatch: LARGEST_BATCH,
  async react(events, { assertLease }) {
    let sent: Promise<void> | undefined;
    // The next portion is written while the last one is on its way.
    for (const chunk of chunkRecords(recordsOf(events))) {
      await sent;
      await assertLease();
      sent = sink.send(TOPICS.events, chunk).catch(waitForKafka);
    }
    await sent;
  },
});

function* recordsOf(events: readonly RecordedEvent[]): Generator<NewRecord> {
  for (const event of events) yield cloudEventRecord(event);
}

/** Nothing is ever left out: what Kafka does not take now is sent again until it does. */
function waitForKafka(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  const hint =
    error instanceof RecordTooLarge ? `raise max.message.bytes of the topic ${TOPICS.events}: ` : '';
  throw new Outage(`${hint}${message}`, { cause: error });
}
