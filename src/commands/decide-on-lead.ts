import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import { withTransaction } from '../database/client.js';
import { DATABASE } from '../database/database.js';
import { replay } from '../domain/decider.js';
import type { RecordedDecision } from '../domain/events.js';
import { assertDecider } from '../domain/lead-decisions.js';
import { leadLifecycle, type LeadDecision, type LeadState } from '../domain/lead-lifecycle.js';
import type { Routing } from '../domain/model/lead-management.js';
import { Refused } from '../domain/refused.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import type { Handled } from '../event-store/handle.js';
import { handleLead } from '../event-store/handle-lead.js';
import { loadLeadIds } from '../read-models/lead-lookup.js';
import { leadKey, type LeadKey } from '../read-models/lead-snapshots.js';
import { currentModels } from '../read-models/model-versions.js';
import { LeadResolver } from './lead-resolver.js';

export interface DecidedOnLead extends Handled<LeadState> {
  readonly leadId: string;
}

export interface LeadRules {
  /** Only of a lead that may be sent mail. */
  readonly unlessOptedOut?: true;
  /** Must be somebody who may decide by the journey model. */
  readonly by?: string | undefined;
}

/** Somebody in sales or marketing decides on a lead. */
export class DecideOnLead extends Command<DecidedOnLead> {
  constructor(
    readonly workspace: string,
    readonly lead: string,
    readonly decide: (leadId: string, state: LeadState) => readonly LeadDecision[],
    /** A later command with the same one is not decided again. */
    readonly idempotencyKey: string | undefined,
    readonly rules: LeadRules = {},
  ) {
    super();
  }
}

@CommandHandler(DecideOnLead)
export class DecideOnLeadHandler implements ICommandHandler<DecideOnLead> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(DATABASE) private readonly database: pg.Pool,
    @Inject(LeadResolver) private readonly names: LeadResolver,
  ) {}

  async execute({ workspace, lead, decide, idempotencyKey, rules }: DecideOnLead): Promise<DecidedOnLead> {
    const { leadId, key } = await this.names.find(workspace, lead);
    if (key === undefined)
      throw new Refused(
        'lead-not-known',
        'Nothing is decided on an anonymous lead; it has no e-mail address, user id or CRM id',
      );
    const named = { workspace, leadId };
    const leadIds = (await loadLeadIds(this.database, [named])).get(leadKey(named)) ?? [leadId];
    const routing = rules.by === undefined ? undefined : await this.#routing(workspace);
    const isOptedOut = rules.unlessOptedOut === true && (await this.#isOptedOut(named));
    let first: Handled<LeadState> | undefined;
    const handled = await handleLead(
      this.store,
      { workspace, leadIds },
      (state, before) => {
        first = idempotencyKey === undefined ? undefined : decidedBy(idempotencyKey, before);
        if (first) return [];
        if (isOptedOut)
          throw new Refused('lead-opted-out', 'The lead wants no mail; marketing and sales leave it alone');
        const decided = decide(leadId, state);
        if (decided.length > 0) assertDecider(rules.by, routing, state);
        return decided;
      },
      idempotencyKey === undefined ? {} : { correlationId: idempotencyKey },
    );
    return { leadId, ...(first ?? handled) };
  }

  async #routing(workspace: string): Promise<Routing | undefined> {
    const models = await withTransaction(this.database, currentModels, 'BEGIN READ ONLY');
    return models.find((each) => each.workspace === workspace)?.model.routing;
  }

  async #isOptedOut({ workspace, leadId }: LeadKey): Promise<boolean> {
    const { rows } = await this.database.query(
      `SELECT FROM touchline.lead_profile WHERE workspace = $1 AND lead_id = $2 AND superseded_at IS NULL
          AND email_consent = 'unsubscribed'`,
      [workspace, leadId],
    );
    return rows.length > 0;
  }
}

/** What a command with this key came to, as it was then. */
function decidedBy(
  idempotencyKey: string,
  events: readonly RecordedDecision[],
): Handled<LeadState> | undefined {
  const at = events.findIndex(({ correlationId }) => correlationId === idempotencyKey);
  const event = events[at];
  if (!event) return undefined;
  const { id: eventId, position, version } = event;
  return {
    state: replay(leadLifecycle, events.slice(0, at + 1) as readonly object[] as readonly LeadDecision[]),
    receipts: [{ eventId, position, version, duplicate: true }],
    position,
  };
}
