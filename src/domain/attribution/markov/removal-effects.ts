import { type CountedPath, type MarkovChain, markovChain, type MarkovOrder } from './chain.js';
import { gmres } from './gmres.js';
import { reduceStates } from './state-reduction.js';

export interface RemovalEffect {
  readonly player: string;
  /**
   * Share of the conversions that are lost without the player: the transitions to it end without conversion (Anderl, Becker,
   * von Wangenheim, Schumann 2014). 0: no path through it converts; 1: every converting path goes through it.
   */
  readonly effect: number;
}

export interface RemovalEffects {
  /** In the order in which the paths name them; none without a conversion. */
  readonly effects: readonly RemovalEffect[];
  /** Converting paths among all, at the start of the chain. */
  readonly conversionRate: number;
  readonly states: number;
  readonly transitions: number;
  /** No effect is further from its exact value. */
  readonly errorBound: number;
}

/** Up to here states are eliminated directly: some seconds. */
export const DIRECT_STATES = 1_200;

/** Removal effects of all players, without simulation. Chains without a conversion have none. */
export function removalEffects(
  paths: Iterable<CountedPath>,
  order: MarkovOrder,
  directStates = DIRECT_STATES,
): RemovalEffects {
  const chain = markovChain(paths, order);
  const { conversions, nonConversions, size: states } = chain;
  const conversionRate = conversions === 0 ? 0 : conversions / (conversions + nonConversions);
  const about = { conversionRate, states, transitions: chain.target.length };
  if (conversions === 0) return { ...about, effects: [], errorBound: 0 };
  const { effects, errorBound } =
    states <= directStates
      ? { effects: reduceStates(chain), errorBound: 2 * states ** 2 * UNIT }
      : solvePlayers(chain, conversionRate);
  return {
    ...about,
    errorBound,
    effects: chain.players.map((player, index) => ({ player, effect: effects[index] ?? 0 })),
  };
}

/** Of a double. */
const UNIT = 2 ** -53;
/** Of a row, as a probability; rounding alone leaves about 1e-15. */
const TOLERANCE = 1e-13;

/**
 * Of larger chains elimination would fill the matrix. Each player's chain without its states is solved instead, until every
 * row is off by `TOLERANCE` at most. The error at the start is then at most the residual times the number of steps that
 * paths take from it. This number is known exactly: in a chain of observed frequencies each state is visited as often as it
 * was in the paths.
 */
function solvePlayers(
  chain: MarkovChain,
  conversionRate: number,
): { effects: Float64Array; errorBound: number } {
  const all = convertingFrom(chain, -1);
  const effects = new Float64Array(chain.players.length);
  let residual = 0;
  for (const player of chain.players.keys()) {
    const without = convertingFrom(chain, player, all.solution);
    residual = Math.max(residual, without.residual);
    effects[player] = Math.min(1, Math.max(0, 1 - (without.solution[0] ?? 0) / conversionRate));
  }
  return { effects, errorBound: (chain.meanSteps * (residual + 4 * UNIT)) / conversionRate };
}

/** Probability, from each state, of a conversion on a path that meets no state of the player. */
function convertingFrom(
  chain: MarkovChain,
  removed: number,
  from?: Float64Array,
): { solution: Float64Array; residual: number } {
  const { size, player, rowStart, target, probability, toConversion } = chain;
  const isRemoved = (state: number): boolean => state > 0 && player[state] === removed;
  const conversion = toConversion.map((each, state) => (isRemoved(state) ? 0 : each));
  const solution = from ? from.map((each, state) => (isRemoved(state) ? 0 : each)) : conversion.slice();
  // Removed states keep the value 0, so that the transitions to them add nothing.
  const multiply = (v: Float64Array, into: Float64Array): void => {
    for (let state = 0; state < size; state++) {
      let next = 0;
      if (state === 0 || player[state] !== removed) {
        const end = rowStart[state + 1] ?? 0;
        for (let at = rowStart[state] ?? 0; at < end; at++)
          next += (probability[at] ?? 0) * (v[target[at] ?? 0] ?? 0);
      }
      into[state] = (v[state] ?? 0) - next;
    }
  };
  const { residual } = gmres(multiply, conversion, solution, TOLERANCE);
  return { solution, residual };
}
