import { Refused } from '../../refused.js';

/** How often a sequence of players was seen, with a conversion at its end and without. */
export interface CountedPath {
  readonly players: readonly string[];
  readonly conversions: number;
  /** How often it ended otherwise; left out: never. */
  readonly nonConversions?: number;
}

export const MARKOV_ORDERS = [1, 2, 3] as const;
export type MarkovOrder = (typeof MARKOV_ORDERS)[number];

/** More would take minutes, and each would rest on few paths. */
export const MAX_MARKOV_PLAYERS = 1_000;

/**
 * An absorbing Markov chain with the frequencies of transitions as its probabilities (maximum likelihood). A state is the
 * last `order` players of a path, fewer at its beginning; state 0 is the start. Every state was left by some path towards
 * an end, so absorption is certain. Rows are stored one after the other (CSR).
 */
export interface MarkovChain {
  readonly order: MarkovOrder;
  readonly players: readonly string[];
  /** Number of states. */
  readonly size: number;
  /** Index of the player that entering a state adds to the path; -1 for the start. */
  readonly player: Int32Array;
  /** Transitions of state s are those from rowStart[s] up to rowStart[s + 1]. */
  readonly rowStart: Int32Array;
  readonly target: Int32Array;
  /**
   * Transitions to another state as shares of all times the state was left. A state that follows itself is not left: with
   * or without such repeats the chain is absorbed in the same place.
   */
  readonly probability: Float64Array;
  /** Probability that the next step is the conversion, or the end without one. */
  readonly toConversion: Float64Array;
  readonly toNull: Float64Array;
  readonly conversions: number;
  readonly nonConversions: number;
  /** Steps of a path from the start to its end, on average over the paths and so over the chain. */
  readonly meanSteps: number;
}

/**
 * Paths without any player are left out: no player's removal changes them.
 *
 * @throws Refused `players-too-many`
 */
export function markovChain(paths: Iterable<CountedPath>, order: MarkovOrder): MarkovChain {
  const states = new States(order);
  for (const path of paths) states.add(path);
  return states.chain();
}

/** A history of three players is a number below 2^30, which maps keep as it is. */
const HISTORY_BASE = MAX_MARKOV_PLAYERS + 1;

/** States, with the transitions between them. */
class States {
  private readonly indexOfPlayer = new Map<string, number>();
  /** The last players of each state as one number, with digits from 1 to the number of players. */
  private readonly histories: number[] = [0];
  private readonly indexOfHistory = new Map<number, number>([[0, 0]]);
  /** Of a history without its oldest player. */
  private readonly shorter: number;
  private readonly transitionOf = new Map<number, number>();
  private readonly from: number[] = [];
  private readonly to: number[] = [];
  private readonly count: number[] = [];
  private readonly converted: number[] = [0];
  private readonly ended: number[] = [0];

  constructor(private readonly order: MarkovOrder) {
    this.shorter = HISTORY_BASE ** (order - 1);
  }

  add({ players, conversions, nonConversions = 0 }: CountedPath): void {
    const times = conversions + nonConversions;
    if (times === 0 || players.length === 0) return;
    let state = 0;
    for (const player of players) {
      const transition = this.transition(state, this.playerIndex(player));
      this.count[transition] = (this.count[transition] ?? 0) + times;
      state = this.to[transition] ?? 0;
    }
    this.converted[state] = (this.converted[state] ?? 0) + conversions;
    this.ended[state] = (this.ended[state] ?? 0) + nonConversions;
  }

  private playerIndex(player: string): number {
    const known = this.indexOfPlayer.get(player);
    if (known !== undefined) return known;
    const index = this.indexOfPlayer.size;
    if (index === MAX_MARKOV_PLAYERS) throw tooManyPlayers();
    this.indexOfPlayer.set(player, index);
    return index;
  }

  /** The transition from a state that adds a player. */
  private transition(state: number, player: number): number {
    const key = state * MAX_MARKOV_PLAYERS + player;
    const known = this.transitionOf.get(key);
    if (known !== undefined) return known;
    const index = this.from.push(state) - 1;
    this.to.push(this.stateOf(((this.histories[state] ?? 0) % this.shorter) * HISTORY_BASE + player + 1));
    this.count.push(0);
    this.transitionOf.set(key, index);
    return index;
  }

  private stateOf(history: number): number {
    const known = this.indexOfHistory.get(history);
    if (known !== undefined) return known;
    const index = this.histories.push(history) - 1;
    this.indexOfHistory.set(history, index);
    this.converted.push(0);
    this.ended.push(0);
    return index;
  }

  chain(): MarkovChain {
    this.sortStates();
    const size = this.histories.length;
    const leaving = this.timesLeft();
    const [conversions, nonConversions] = [total(this.converted), total(this.ended)];
    const share = (times: number[]): Float64Array =>
      Float64Array.from(times, (each, state) => (each === 0 ? 0 : each / (leaving[state] ?? 0)));
    return {
      order: this.order,
      players: [...this.indexOfPlayer.keys()],
      size,
      player: Int32Array.from(this.histories, (history) => (history % HISTORY_BASE) - 1),
      ...this.rows(size, leaving),
      toConversion: share(this.converted),
      toNull: share(this.ended),
      conversions,
      nonConversions,
      meanSteps: total(leaving) / (conversions + nonConversions),
    };
  }

  /** By history, so that the states that one leads to are next to each other, which is what memory is fast at. */
  private sortStates(): void {
    const sorted = [...this.histories.keys()].sort(
      (a, b) => (this.histories[a] ?? 0) - (this.histories[b] ?? 0),
    );
    const rank = new Int32Array(sorted.length);
    sorted.forEach((state, index) => (rank[state] = index));
    for (const perState of [this.histories, this.converted, this.ended]) {
      const before = [...perState];
      sorted.forEach((state, index) => (perState[index] = before[state] ?? 0));
    }
    for (const ends of [this.from, this.to])
      for (const [index, state] of ends.entries()) ends[index] = rank[state] ?? 0;
  }

  /** How often each state was left, for another or at the end of a path. */
  private timesLeft(): Float64Array {
    const left = Float64Array.from(this.converted, (times, state) => times + (this.ended[state] ?? 0));
    this.from.forEach((state, index) => {
      if (state !== this.to[index]) left[state] = (left[state] ?? 0) + (this.count[index] ?? 0);
    });
    return left;
  }

  private rows(
    size: number,
    leaving: Float64Array,
  ): Pick<MarkovChain, 'rowStart' | 'target' | 'probability'> {
    const kept = [...this.from.keys()].filter((index) => this.from[index] !== this.to[index]);
    const rowStart = new Int32Array(size + 1);
    for (const index of kept) {
      const next = (this.from[index] ?? 0) + 1;
      rowStart[next] = (rowStart[next] ?? 0) + 1;
    }
    for (let state = 0; state < size; state++)
      rowStart[state + 1] = (rowStart[state + 1] ?? 0) + (rowStart[state] ?? 0);
    const free = rowStart.slice();
    const target = new Int32Array(kept.length);
    const probability = new Float64Array(kept.length);
    for (const index of kept) {
      const state = this.from[index] ?? 0;
      const at = free[state] ?? 0;
      free[state] = at + 1;
      target[at] = this.to[index] ?? 0;
      probability[at] = (this.count[index] ?? 0) / (leaving[state] ?? 1);
    }
    return { rowStart, target, probability };
  }
}

function total(numbers: Iterable<number>): number {
  let sum = 0;
  for (const each of numbers) sum += each;
  return sum;
}

const tooManyPlayers = (): Refused =>
  new Refused(
    'players-too-many',
    `the model markov takes ${MAX_MARKOV_PLAYERS} players at most; choose a coarser player, or filter the paths`,
    'player',
  );
