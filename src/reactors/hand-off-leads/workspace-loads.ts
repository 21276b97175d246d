import type { PoolClient } from 'pg';
import type { Position } from '../../domain/events.js';
import { replay } from '../../domain/decider.js';
import { LEAD_DECISIONS, leadStream } from '../../domain/lead-events.js';
import { leadLifecycle, type LeadDecision } from '../../domain/lead-lifecycle.js';
import type { Routing } from '../../domain/model/lead-management.js';
import { ACCOUNT_OWNER, ALL_RECIPIENTS } from '../../domain/routing/route-lead.js';
import type { RecipientLoads } from '../../domain/routing/strategies.js';
import type { ReactorContext } from '../../subscriptions/subscription.js';
import type { OpenHandOffs } from './open-hand-offs.js';

const TAIL_PAGE = 1_000;
const LONGEST_STREAM = 1_000;

/**
 * What the recipients of a workspace have, as of the end of the log: rows of the projection `lifecycle`, and the decisions after
 * its checkpoint, which are those that routing itself has just taken.
 */
export class WorkspaceLoads implements RecipientLoads {
  readonly #open: Map<string, number>;
  readonly #last = new Map<string, Position>();
  /** Behind every position of the log. */
  #next = 2n ** 63n;

  private constructor(open: Map<string, number>) {
    this.#open = open;
  }

  static async read(
    context: ReactorContext,
    workspace: string,
    { routing, handOffs }: { readonly routing: Routing; readonly handOffs: OpenHandOffs },
  ): Promise<WorkspaceLoads> {
    const undecided = await decidedSince(context, workspace);
    const inRows = await handOffs.of(context.tx, workspace);
    const loads = new WorkspaceLoads(inRows.counts(undecided));
    for (const { recipient, rule, position } of await lastHandOffs(context.tx, workspace, routing))
      loads.#rank(recipient, rule, BigInt(position));
    for (const leadId of undecided) await loads.#addFromLog(context, workspace, leadId);
    return loads;
  }

  open(recipient: string): number {
    return this.#open.get(recipient) ?? 0;
  }

  last(recipient: string): Position | undefined {
    return this.#last.get(recipient);
  }

  lastBy(rule: string, recipient: string): Position | undefined {
    return this.#last.get(turn(rule, recipient));
  }

  /** A lead is about to be handed to a recipient, after all that the log has. */
  add(recipient: string, rule: string): void {
    this.#open.set(recipient, this.open(recipient) + 1);
    this.#rank(recipient, rule, this.#next++);
  }

  #rank(recipient: string, rule: string | null, position: Position): void {
    for (const name of rule === null ? [recipient] : [recipient, turn(rule, recipient)])
      if ((this.#last.get(name) ?? -1n) < position) this.#last.set(name, position);
  }

  async #addFromLog({ store }: ReactorContext, workspace: string, leadId: string): Promise<void> {
    const events = await store.readStream(workspace, leadStream(leadId), 0, LONGEST_STREAM);
    const { status, handOff } = replay(
      leadLifecycle,
      events as readonly unknown[] as readonly LeadDecision[],
    );
    if (handOff && (status === 'handed_off' || status === 'accepted'))
      this.#open.set(handOff.recipient.id, this.open(handOff.recipient.id) + 1);
    for (const event of events)
      if (event.type === 'LeadHandedOff')
        this.#rank(event.data.recipient.id, event.data.rule, event.position);
  }
}

const turn = (rule: string, recipient: string): string => `${rule}\0${recipient}`;

/** Leads with decisions that the rows do not have yet. */
async function decidedSince({ tx, store }: ReactorContext, workspace: string): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ position: string }>(
    `SELECT position FROM touchline.projection WHERE name = 'lifecycle' AND is_live`,
  );
  const leads = new Set<string>();
  let after = BigInt(rows[0]?.position ?? 0);
  for (;;) {
    const page = await store.readPage(after, TAIL_PAGE, LEAD_DECISIONS);
    for (const event of page.events as readonly { workspace: string; data: unknown }[])
      if (event.workspace === workspace) leads.add((event.data as LeadDecision['data']).leadId);
    if (!page.full) return leads;
    after = page.upTo;
  }
}

interface LastHandOff {
  readonly recipient: string;
  /** Null: of any rule. */
  readonly rule: string | null;
  readonly position: string;
}

async function lastHandOffs(
  tx: PoolClient,
  workspace: string,
  { recipients, rules = [], strategy }: Routing,
): Promise<readonly LastHandOff[]> {
  const inTurn = rules
    .filter((rule) => (rule.strategy ?? strategy) === 'round_robin')
    .map(({ name }) => name);
  const { rows } = await tx.query<LastHandOff>(
    `SELECT asked.recipient, NULL AS rule, last.position
     FROM unnest($2::text[]) AS asked (recipient)
     CROSS JOIN LATERAL (
       SELECT d.position FROM touchline.lead_decision d
       WHERE d.workspace = $1 AND d.type = 'LeadHandedOff' AND d.recipient = asked.recipient
       ORDER BY d.position DESC LIMIT 1) last
     UNION ALL
     SELECT asked.recipient, asked.rule, last.position
     FROM (SELECT recipient, rule FROM unnest($2::text[]) AS recipient CROSS JOIN unnest($3::text[]) AS rule) asked
     CROSS JOIN LATERAL (
       SELECT d.position FROM touchline.lead_decision d
       WHERE d.workspace = $1 AND d.type = 'LeadHandedOff' AND d.recipient = asked.recipient
         AND d.data ->> 'rule' = asked.rule
       ORDER BY d.position DESC LIMIT 1) last`,
    [workspace, recipients.map(({ id }) => id), [...inTurn, ALL_RECIPIENTS, ACCOUNT_OWNER]],
  );
  return rows;
}
