import type { Readiness } from '../domain/lead-definition.js';
import { readinessRules } from '../domain/lead-definition.js';
import { LEAD_DECISIONS } from '../domain/lead-events.js';
import { leadUnderModel } from '../domain/lead-snapshot.js';
import { leadKey, loadLeads, loadTouches } from '../read-models/lead-snapshots.js';
import {
  Bool,
  Enum,
  Instant,
  Integer,
  MaybeInstant,
  MaybeInteger,
  MaybeText,
  Text,
  Texts,
  Uuid,
} from './response-fields.js';
import type { View } from './read-models.js';
import { rows, sql } from './sql.js';
import { validAt } from './valid-at.js';

export class ReadinessItem {
  @Bool('It would qualify now; whoever is in process already does not') ready!: boolean;
  @Texts('What speaks for it, in plain words') holds!: string[];
  @Texts('What is missing or keeps it from being ready, in plain words; empty: nothing') missing!: string[];
  @Text('Both as one sentence') summary!: string;
}

/** Assesses a lead as the reactor does, by the model and the rows at the position of the view. */
export async function readinessOf(view: View, leadId: string): Promise<ReadinessItem> {
  const { tx, workspace, asOf, halfLifeDays, at } = view;
  const model = view.model?.data.document;
  if (!model) return itemOf({ ready: false, holds: [], missing: ['no journey model is published'] });
  const named = { workspace, leadId };
  const moment = { asOf, halfLifeDays };
  const [lead] = await loadLeads(tx, [named], moment);
  if (!lead) return itemOf({ ready: false, holds: [], missing: ['it is no lead'] });
  const rules = readinessRules(model);
  if (!rules.readsJourney(lead)) return itemOf(rules.assess(lead, +at));
  const touches = (await loadTouches(tx, [named], moment)).get(leadKey(named)) ?? [];
  return itemOf(rules.assess(leadUnderModel(model, lead, touches), +at));
}

const itemOf = ({ ready, holds, missing }: Readiness): ReadinessItem => ({
  ready,
  holds: [...holds],
  missing: [...missing],
  summary: ready
    ? `Ready because: ${holds.join('; ') || 'nothing is required'}`
    : `Not ready: ${missing.join('; ')}`,
});

export class DecisionItem {
  @Enum('What was decided', LEAD_DECISIONS) decision!: string;
  @Instant('When') at!: Date;
  @Uuid('The event') eventId!: string;
  @Integer('Cycle of the lead, counted from 1; 0: before it ever qualified') cycle!: number;
  @MaybeInteger('Version of the journey model that decided; null: a person did') modelVersion!: number | null;
  @MaybeText('Who decided; null: Touchline') by!: string | null;
  @MaybeText('Who received the lead') recipient!: string | null;
  @MaybeInstant('By when the recipient must act') dueBy!: Date | null;
  @Texts('Why, in plain words') reasons!: string[];
  @MaybeInstant('When a recycled lead wakes up') wakeAt!: Date | null;
}

interface DecisionRow {
  readonly type: string;
  readonly occurred_at: Date;
  readonly event_id: string;
  readonly data: {
    readonly cycle: number;
    readonly modelVersion?: number;
    readonly by?: string;
    readonly recipient?: { readonly id: string };
    readonly dueBy?: string;
    readonly reasons?: readonly string[];
    readonly reason?: string;
    readonly wakeAt?: string;
  };
}

/** Decisions on a lead at the position of the view; of merged leads those of all. */
export async function decisionsOn({ tx, workspace, asOf }: View, leadId: string): Promise<DecisionItem[]> {
  const found = await rows<DecisionRow>(
    tx,
    sql`
    SELECT d.type, d.occurred_at, d.event_id, d.data
    FROM touchline.identity_key k
    JOIN touchline.lead_decision d
      ON d.workspace = k.workspace AND d.lead_id = k.own_lead_id AND d.position <= ${asOf}
    WHERE k.workspace = ${workspace} AND k.lead_id = ${leadId}::uuid AND ${validAt('k', asOf)}
    ORDER BY d.position`,
  );
  return found.map(({ type, occurred_at: at, event_id: eventId, data }) => ({
    decision: type,
    at,
    eventId,
    cycle: data.cycle,
    modelVersion: data.modelVersion ?? null,
    by: data.by ?? null,
    recipient: data.recipient?.id ?? null,
    dueBy: data.dueBy === undefined ? null : new Date(data.dueBy),
    reasons: [...(data.reasons ?? []), ...(data.reason === undefined ? [] : [data.reason])],
    wakeAt: data.wakeAt === undefined ? null : new Date(data.wakeAt),
  }));
}
