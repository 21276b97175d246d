import { sameJudgement, type Judgement } from '../domain/verdict/judgement.js';
import { REASON_CODES } from '../domain/verdict/reasons.js';
import { VERDICTS } from '../domain/touchpoint.js';
import type { View } from './read-models.js';
import { Enum, Enums, LogPosition, MaybeUuid, Uuid } from './response-fields.js';
import { rows, sql, type Sql } from './sql.js';

/** A verdict that other events changed. */
export class VerdictChange {
  @Uuid('The touchpoint') touchpointId!: string;
  @LogPosition('Since this position') position!: string;
  @MaybeUuid('The event at that position; null: it is no longer in the log') causedBy!: string | null;
  @Enum('Before', VERDICTS) before!: string;
  @Enum('Since then', VERDICTS) verdict!: string;
  @Enums('Why since then; none: what spoke for a machine no longer does', REASON_CODES) reasons!: string[];
}

interface Row {
  readonly event_id: string;
  readonly verdict: Judgement['verdict'];
  readonly reasons: Judgement['reasons'] | null;
  readonly known_from: string;
}

/** The changes of verdicts of touchpoints, by touchpoint and position. @param eventIds a query of ids */
export async function verdictChanges(view: View, eventIds: Sql): Promise<readonly VerdictChange[]> {
  const { tx, workspace, asOf } = view;
  const versions = await rows<Row>(
    tx,
    sql`
    SELECT j.event_id, j.verdict, j.detail -> 'reasons' AS reasons, j.known_from
    FROM touchline.journey j
    WHERE j.workspace = ${workspace} AND j.event_id IN (${eventIds}) AND j.known_from <= ${asOf}
    ORDER BY j.event_id, j.known_from`,
  );
  const changes: VerdictChange[] = [];
  for (const [nth, row] of versions.entries()) {
    const before = versions[nth - 1];
    if (before?.event_id !== row.event_id || sameJudgement(judgementOf(before), judgementOf(row))) continue;
    changes.push({
      touchpointId: row.event_id,
      position: row.known_from,
      causedBy: await view.eventIdAt(BigInt(row.known_from)),
      before: before.verdict,
      ...{ verdict: row.verdict, reasons: [...(row.reasons ?? [])] },
    });
  }
  return changes;
}

const judgementOf = ({ verdict, reasons }: Row): Judgement => ({ verdict, reasons: reasons ?? [] });
