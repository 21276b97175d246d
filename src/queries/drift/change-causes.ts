import { causeOf } from '../../domain/attribution/drift-cause.js';
import type { DriftCause } from '../../domain/attribution/drift.js';
import type { RecordedEvent } from '../../domain/events.js';
import type { EventStore } from '../../event-store/event-store.js';
import type { InputChange } from '../../read-models/attribution/input-changes.js';
import type { View } from '../read-models.js';
import { firstRow, rows, sql } from '../sql.js';

/** A change of what credits follow from, or of what is known of contents. */
export interface ChangeAt extends InputChange {
  /** A journey model was published there that may attribute or name contents otherwise. */
  readonly isPublication: boolean;
  /** Somebody entered or left a segment there. */
  readonly segments: boolean;
  /** And nothing else changed. */
  readonly onlySegments: boolean;
}

/** Finds out which kind of event caused a change. The log is read only where rows do not say it. */
export class ChangeCauses {
  constructor(
    private readonly view: View,
    private readonly store: Pick<EventStore, 'readAt'>,
  ) {}

  /** The event of the workspace at a position. */
  async eventAt(position: bigint): Promise<RecordedEvent | undefined> {
    const event = await this.store.readAt(position);
    return event?.position === position && event.workspace === this.view.workspace ? event : undefined;
  }

  async of(change: ChangeAt): Promise<DriftCause> {
    if (change.isPublication) return 'model_version';
    if (change.opportunity) return 'opportunity_changes';
    const { position, begun, ended, verdicts, keysMoved } = change;
    const isTouchpoint = begun.some((row) => row.position === String(position));
    const others = begun.filter((row) => row.position !== String(position));
    if (isTouchpoint && others.length + ended.length === 0 && !verdicts && !keysMoved)
      return 'late_touchpoints';
    const event = await this.eventAt(position);
    const { moved, first } = await this.movesOf(position, [...others, ...ended].map(({ event_id }) => event_id)); // prettier-ignore
    const appliesEarlier =
      (others.some(({ event_id }) => first.has(event_id)) && event?.type !== 'TouchpointWithdrawn') ||
      (!isTouchpoint && (await this.linksOfOthers(change, event)));
    const isClaim = event?.type !== 'TouchpointRecorded' && change.keys;
    return causeOf({
      type: appliesEarlier ? undefined : event?.type,
      movesTouchpoints: moved || keysMoved || isClaim,
      changesVerdicts: verdicts,
      isTouchpoint,
    });
  }

  /**
   * Whether touchpoints went from one lead to another at a position, and those that had been recorded before but belonged to
   * nobody until then.
   */
  private async movesOf(
    position: bigint,
    eventIds: readonly string[],
  ): Promise<{ moved: boolean; first: ReadonlySet<string> }> {
    if (eventIds.length === 0) return { moved: false, first: new Set() };
    const { tx, workspace } = this.view;
    const found = await rows<{ event_id: string; leads: number; known_before: boolean }>(
      tx,
      sql`
      SELECT event_id, known_before,
             count(DISTINCT lead_id) FILTER (WHERE known_from = ${position} OR superseded_at = ${position})::int AS leads
      FROM (SELECT j.event_id, j.lead_id, j.known_from, j.superseded_at,
                   bool_or(j.known_from < ${position}) OVER (PARTITION BY j.event_id) AS known_before
            FROM touchline.journey j
            WHERE j.workspace = ${workspace} AND j.event_id = ANY(${eventIds}::uuid[])) version
      GROUP BY event_id, known_before`,
    );
    return {
      moved: found.some(({ leads }) => leads > 1),
      first: new Set(found.flatMap(({ event_id, known_before }) => (known_before ? [] : [event_id]))),
    };
  }

  /** Whether keys of the leads were linked at the position, by other events than the one there. */
  private async linksOfOthers(
    { position, leads }: ChangeAt,
    event: RecordedEvent | undefined,
  ): Promise<boolean> {
    const { tx, workspace } = this.view;
    const linked = await firstRow<{ any: boolean | null; own: boolean | null }>(
      tx,
      sql`
      SELECT bool_or(true) AS any, bool_or(l.event_id = ${event?.id ?? null}::uuid) AS own
      FROM touchline.identity_key k
      JOIN touchline.identity_link l ON l.workspace = k.workspace AND l.key = k.key AND l.known_from = ${position}
      WHERE k.workspace = ${workspace} AND k.lead_id = ANY(${[...leads]}::uuid[])`,
    );
    return linked?.any === true && linked.own !== true;
  }
}
