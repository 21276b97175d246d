import type { Cells } from '../../domain/attribution/drift.js';
import { distribute } from '../../domain/attribution/money.js';
import type { ModelRequest } from '../../domain/attribution/model-request.js';
import type { Weights } from '../../domain/attribution/parts.js';
import { type Basis, type Steps, weigherOf } from '../../domain/attribution/weigh-paths.js';
import type { AttributionSettings } from '../../domain/attribution/settings.js';

/** What an opportunity is to a report, before a model weighs it. */
export interface OpportunityState {
  /** In the currency of the report; undefined: it was lost, and earns nothing. */
  readonly amount: bigint | undefined;
  readonly steps: Steps;
  /** Of each touch of the path; steps may be fewer. None of a lost one. */
  readonly cells: readonly string[];
  readonly settings: AttributionSettings;
}

/** The cell of what is unattributed: keys of all others are JSON arrays. */
export const UNATTRIBUTED = '';

export const cellOf = (keys: readonly (string | null)[]): string => JSON.stringify(keys);

/** Whether a model cannot tell two states apart. */
export const isSameState = (a: OpportunityState | undefined, b: OpportunityState | undefined): boolean =>
  textOf(a) === textOf(b);

const textOf = (state: OpportunityState | undefined): string | undefined =>
  state &&
  JSON.stringify([
    String(state.amount),
    state.cells,
    state.steps.map(({ index, player, touch: { roleWeight } }) => [index, player, roleWeight]),
  ]);

/** Gives what an opportunity gives to each cell of a report under a model, as `creditRows` and `totalsOf` read it. */
export function weighState(
  request: ModelRequest,
  basis: Basis,
): (state: OpportunityState | undefined) => Cells {
  const weighers = new Map<AttributionSettings, (steps: Steps, touches: number) => Weights>();
  return (state) => {
    if (state?.amount === undefined) return new Map();
    const { amount, steps, cells, settings } = state;
    const weigh = weighers.get(settings) ?? weigherOf(request, settings, basis);
    weighers.set(settings, weigh);
    const { touches, unattributed } = weigh(steps, cells.length);
    const amounts = distribute(amount, [...touches, unattributed]);
    const sums = new Map<string, bigint>();
    for (const [index, minor] of amounts.entries()) {
      const cell = cells[index] ?? UNATTRIBUTED;
      if (minor !== 0n) sums.set(cell, (sums.get(cell) ?? 0n) + minor);
    }
    return sums;
  };
}
