import type { DriftCause } from '../../domain/attribution/drift.js';
import type { Terms } from '../../read-models/attribution/credits.js';
import type { TermsOfRange } from '../../read-models/attribution/terms.js';
import type { ChangeAt, ChangeCauses } from './change-causes.js';
import type { Moment } from './opportunity-states.js';

/** A step of the walk, and what brought it about. The cause is looked up only where it is asked for. */
export interface CausedMoment {
  readonly moment: Moment;
  /** Events up to this one that are taken together. */
  readonly events: number;
  readonly cause: () => DriftCause | Promise<DriftCause>;
}

interface Walked {
  readonly terms: TermsOfRange;
  readonly causes: ChangeCauses;
  /** Position of the earlier report. */
  readonly after: bigint;
}

/**
 * The steps of an opportunity. An event has one cause, but for two things that take effect at its position besides: rates, which can be put
 * into effect after all else of a journey model, and segments, which change with time alone and are known from the next event on.
 *
 * @param changes in the order of positions
 */
export function momentsOf(changes: readonly ChangeAt[], { terms, causes, after }: Walked): CausedMoment[] {
  let { reporting } = terms.at(after);
  let segmentsAt = after;
  return changes.flatMap((change): CausedMoment[] => {
    const { position } = change;
    const inForce = terms.at(position);
    const old = withRatesOf(inForce, reporting);
    const steps: CausedMoment[] = [];
    const step = (at: Terms, cause: CausedMoment['cause']) =>
      steps.push({ moment: { position, terms: at, segmentsAt }, events: 1, cause });
    if (!change.onlySegments) step(old ?? inForce, () => causes.of(change));
    if (old) step(inForce, () => 'rates');
    reporting = inForce.reporting;
    if (change.segments) {
      segmentsAt = position;
      step(inForce, () => 'segments');
    }
    return steps;
  });
}

/** What is in force but for its rates, where these are others than before. */
function withRatesOf(inForce: Terms, before: Terms['reporting']): Terms | undefined {
  const { reporting } = inForce;
  const rates = before?.rates ?? [];
  if (!reporting || reporting.rates === rates || JSON.stringify(reporting.rates) === JSON.stringify(rates))
    return undefined;
  return { ...inForce, reporting: { ...reporting, rates } };
}
