import { setImmediate as immediate } from 'node:timers/promises';
import type pg from 'pg';
import type { Position } from '../domain/events.js';
import { ModelComparison, type ChangedLead, type ComparisonResult } from '../domain/model-comparison.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import { leadHistories } from './lead-histories.js';

/** Two models, and the history that they are compared on. */
export interface PreviewRequest {
  readonly workspace: string;
  readonly asOf: Position;
  /** When the event at that position was recorded, ms. */
  readonly at: number;
  readonly current: JourneyModel;
  readonly candidate: JourneyModel;
  readonly weeks: number;
  /** So many of the changed leads are told one by one, those after a lead in the order of ids. */
  readonly leads: number;
  readonly after?: string | undefined;
}

export interface PreviewProgress {
  /** Of the history, 0 to 1. */
  readonly share: number;
  readonly leads: number;
  readonly touchpoints: number;
  /** Null: nobody can say yet. */
  readonly secondsLeft: number | null;
}

export type PreviewLine =
  | { readonly type: 'progress'; readonly progress: PreviewProgress }
  | { readonly type: 'lead'; readonly lead: ChangedLead }
  | { readonly type: 'result'; readonly result: PreviewResult };

export interface PreviewResult extends ComparisonResult {
  /** The last lead that was told, to go on after; null: all of them were. */
  readonly next: string | null;
}

export type RunPreview = (request: PreviewRequest, signal: AbortSignal) => AsyncIterable<PreviewLine>;

const PROGRESS_MS = 500;

/** Compares two models on the whole history. Nothing is written. @throws when the signal is aborted */
export async function* previewModel(
  pool: pg.Pool,
  { workspace, asOf, at, current, candidate, weeks, leads, after = '' }: PreviewRequest,
  signal: AbortSignal,
): AsyncGenerator<PreviewLine> {
  const comparison = new ModelComparison({ current, candidate }, { at, weeks });
  const began = performance.now();
  let told = 0;
  let next: string | null = null;
  let last = '';
  let nextProgress = began;
  let seen = 0;
  for await (const page of leadHistories(pool, { workspace, asOf, model: current })) {
    for (const lead of page) {
      const changed = comparison.add(lead);
      seen += 1;
      if (!changed || changed.leadId <= after) continue;
      if (told < leads) {
        told += 1;
        last = changed.leadId;
        yield { type: 'lead', lead: changed };
      } else next = last || after || NO_LEAD;
    }
    signal.throwIfAborted();
    // Other requests of the process go first.
    await immediate();
    if (performance.now() < nextProgress) continue;
    nextProgress = performance.now() + PROGRESS_MS;
    const share = shareUpTo(page.at(-1)?.leadId ?? '');
    const seconds = (performance.now() - began) / 1_000;
    const secondsLeft = share > 0 ? Math.round((seconds * (1 - share)) / share) : null;
    const progress = { share, leads: seen, touchpoints: comparison.touchpoints, secondsLeft };
    yield { type: 'progress', progress };
  }
  yield { type: 'result', result: { ...comparison.result(), next } };
}

const NO_LEAD = '00000000-0000-0000-0000-000000000000';

/** Ids of leads are hashes: of any part of their range they are about that part. */
const shareUpTo = (leadId: string): number =>
  Math.round((parseInt(leadId.slice(0, 8), 16) / 2 ** 32) * 1_000) / 1_000 || 0;
