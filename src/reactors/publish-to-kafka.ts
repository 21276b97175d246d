import type { EventType, Position, RecordedEvent } from '../domain/events.js';
import { chunkRecords } from '../kafka/record-chunks.js';
import { type NewRecord, RecordTooLarge, type RecordSink, TOPICS } from '../kafka/kafka.js';
import type { Reactor, ReactorContext } from '../subscriptions/subscription.js';
import { Outage } from '../subscriptions/batch-transaction.js';
import { cloudEventRecord, segmentChangeRecord } from './cloud-event.js';
import { segmentChangesAfter } from './segment-changes.js';

/** Its name among the subscriptions, where its lag shows; to rebuild it is to publish everything again. */
export const PUBLISHER = 'kafka_events';

/** Sending gains nothing by more, and objects that live shorter cost the garbage collector less. */
const LARGEST_BATCH = 2_000;

/** Every type; a new one does not compile until it is here. */
const PUBLISHED: Readonly<Record<EventType, true>> = {
  TouchpointRecorded: true,
  TouchpointWithdrawn: true,
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
  JourneyModelApplied: true,
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
  LeadAboutToRot: true,
  LeadRotten: true,
};

/**
 * Publishes committed events to `touchline.events`, in the order of the log, from its checkpoint: at least once, and after
 * a crash those since the last checkpoint again. Behind the events of a batch it publishes which leads they made enter or leave
 * segments, in the order in which that was found out. Kafka that is away is waited for.
 */
export const publishToKafka = (sink: RecordSink): Reactor => ({
  name: PUBLISHER,
  version: 1,
  handles: Object.keys(PUBLISHED) as EventType[],
  after: [],
  startFrom: 'beginning',
  rebuild: 'allowed',
  largestBatch: LARGEST_BATCH,
  async react(events, context) {
    const { tx, range } = context;
    // A rebuild publishes everything again.
    if (range.after === 0n) await tx.query(MOVE, [0n]);
    await publish(sink, context, recordsOf(events));
    await publishSegmentChanges(sink, context, range.upTo);
  },
  // What changed with time alone is known from the next position on.
  onIdle: (context) => publishSegmentChanges(sink, context, context.range.upTo + 1n),
});

async function publish(
  sink: RecordSink,
  { assertLease }: ReactorContext,
  records: Iterable<NewRecord>,
): Promise<void> {
  let sent: Promise<void> | undefined;
  // The next portion is written while the last one is on its way.
  for (const chunk of chunkRecords(records)) {
    await sent;
    await assertLease();
    sent = sink.send(TOPICS.events, chunk).catch(waitForKafka);
  }
  await sent;
}

const LAST = 'SELECT last_change FROM touchline.segment_change_published';
const MOVE = 'UPDATE touchline.segment_change_published SET last_change = $1';

/** Those known up to a position: no change is published before the event that caused it. */
async function publishSegmentChanges(
  sink: RecordSink,
  context: ReactorContext,
  upTo: Position,
): Promise<void> {
  const { tx } = context;
  const { rows } = await tx.query<{ last_change: string }>(LAST);
  let last = BigInt(rows[0]?.last_change ?? 0);
  for (let isFull = true; isFull;) {
    const waiting = await segmentChangesAfter(tx, last, LARGEST_BATCH);
    const end = waiting.findIndex(({ position }) => position > upTo);
    const known = end < 0 ? waiting : waiting.slice(0, end);
    isFull = known.length === LARGEST_BATCH;
    last = known.at(-1)?.number ?? last;
    if (known.length === 0) return;
    await publish(sink, context, known.map(segmentChangeRecord));
    await tx.query(MOVE, [last]);
  }
}

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
