import { setTimeout as sleep } from 'node:timers/promises';
import { replay } from '../domain/decider.js';
import type { NewEvent, Position, RecordedDecision } from '../domain/events.js';
import { leadStream } from '../domain/lead-events.js';
import { leadLifecycle, type LeadDecision, type LeadState } from '../domain/lead-lifecycle.js';
import { WrongExpectedVersion, type Append, type EventStore } from './event-store.js';
import { newEventId, type Handled, type Provenance } from './handle.js';

const ATTEMPTS = 10;
const PAGE = 1_000;

export interface LeadStreams {
  readonly workspace: string;
  /** All ids of the lead: decisions on it may be in the stream of any of them. */
  readonly leadIds: readonly string[];
}

/** @param before the decisions of before */
type Decide = (state: LeadState, before: readonly RecordedDecision[]) => readonly LeadDecision[];

/** What is to be decided on one of several leads. */
export interface LeadCommand extends LeadStreams {
  readonly decide: Decide;
  readonly provenance: Provenance;
}

type Log = Pick<EventStore, 'append' | 'readStream'>;

/**
 * `handle` for a lead: its state follows from the streams of all its ids, in the order of the log. One decision at most is
 * appended, to the stream of the id that it names.
 *
 * @throws Refused, WrongExpectedVersion, StoreUnavailable as `handle`
 */
export async function handleLead(
  store: Log,
  { workspace, leadIds }: LeadStreams,
  decide: Decide,
  provenance: Provenance = {},
): Promise<Handled<LeadState>> {
  for (let attempt = 1; ; attempt++) {
    const { before, state, proposed } = await propose(store, { workspace, leadIds, decide, provenance });
    if (!proposed) return { state, receipts: [], position: before.at(-1)?.position };
    const { append, decision } = proposed;
    const [result] = await store.append([append]);
    if (result?.status === 'appended') {
      const position: Position | undefined = result.receipts.at(-1)?.position;
      return { state: leadLifecycle.evolve(state, decision), receipts: result.receipts, position };
    }
    const { stream, expected } = append;
    if (attempt === ATTEMPTS) throw new WrongExpectedVersion(stream, expected, result?.actual ?? 0);
    await sleep(Math.random() * 5 * attempt);
  }
}

/**
 * `handleLead` for several leads, each once: what is decided is appended in one call, in their order. Where somebody else was
 * quicker, the lead is decided on again by itself.
 *
 * @throws as handleLead
 */
export async function handleLeads(store: Log, commands: readonly LeadCommand[]): Promise<void> {
  const proposals = await Promise.all(
    commands.map(async (command) => {
      const { proposed } = await propose(store, command);
      return proposed ? [{ command, append: proposed.append }] : [];
    }),
  );
  const proposed = proposals.flat();
  const results = await store.append(proposed.map(({ append }) => append));
  for (const [index, { command }] of proposed.entries())
    if (results[index]?.status === 'conflict')
      await handleLead(store, command, command.decide, command.provenance);
}

interface Proposal {
  readonly before: readonly RecordedDecision[];
  readonly state: LeadState;
  /** Undefined: nothing is decided. */
  readonly proposed?: { readonly decision: LeadDecision; readonly append: Append };
}

/** What is decided on a lead as the log has it now, with the version of the stream that it is decided on. */
async function propose(
  store: Log,
  { workspace, leadIds, decide, provenance }: LeadCommand,
): Promise<Proposal> {
  const before = await readLead(store, { workspace, leadIds });
  const state = replay(leadLifecycle, before as readonly object[] as readonly LeadDecision[]);
  const [decision] = decide(state, before);
  if (!decision) return { before, state };
  const stream = leadStream(decision.data.leadId);
  const expected = { exact: before.findLast((event) => event.stream === stream)?.version ?? 0 };
  const event: NewEvent = { id: newEventId(), ...provenance, ...decision, schemaVersion: 1 };
  return { before, state, proposed: { decision, append: { workspace, stream, expected, events: [event] } } };
}

/** All decisions on a lead, in the order of the log. */
async function readLead(
  store: Pick<EventStore, 'readStream'>,
  { workspace, leadIds }: LeadStreams,
): Promise<RecordedDecision[]> {
  const streams = await Promise.all(leadIds.map((id) => readWhole(store, workspace, leadStream(id))));
  return streams.flat().sort((a, b) => (a.position < b.position ? -1 : 1));
}

async function readWhole(
  store: Pick<EventStore, 'readStream'>,
  workspace: string,
  stream: string,
): Promise<RecordedDecision[]> {
  const events: RecordedDecision[] = [];
  for (;;) {
    const page = await store.readStream(workspace, stream, events.at(-1)?.version ?? 0, PAGE);
    events.push(...page);
    if (page.length < PAGE) return events;
  }
}
