import { Refused } from '../refused.js';

/** All 2^16 coalitions fit in memory many times over; beyond it only samples of them would. */
export const MAX_SHAPLEY_PLAYERS = 16;

/** The players of a journey in the order of its touches, and what it is worth: conversions or revenue. */
export interface WorthyPath {
  readonly players: readonly string[];
  readonly worth: number;
}

export interface ShapleyValue {
  readonly player: string;
  /** In the unit of the worth; the values of all players add up to the worth of all paths. */
  readonly value: number;
  /** The value by the place in the path that the player was met at, the first place first (Zhao et al., ordered). */
  readonly byPosition: readonly number[];
}

/** Worth of a coalition: of all paths that no other player is on. */
export interface Coalition {
  readonly players: readonly string[];
  /** Of the paths with exactly these players. */
  readonly own: number;
  readonly worth: number;
}

export interface ShapleyResult {
  /** In the order in which the paths name them. */
  readonly values: readonly ShapleyValue[];
  /** Those with paths of their own, the most worth first. */
  readonly coalitions: readonly Coalition[];
}

/**
 * Shapley values of players in the game of Zhao, Mahboobi, Bagheri, "Shapley Value Methods for Attribution Modeling in Online
 * Advertising" (2018, arXiv:1804.05327): a coalition is worth what the paths bring that meet no player outside it. Exact:
 * worths that are integers up to 2^53 are added and subtracted as integers and divided once.
 *
 * @throws Refused `players-too-many`
 */
export function shapley(paths: Iterable<WorthyPath>): ShapleyResult {
  const game = new Game();
  for (const path of paths) game.add(path);
  const worth = coalitionWorth(game.own());
  const values = shapleyValues(worth);
  return {
    values: game.players().map((player, index) => ({
      player,
      value: values[index] ?? 0,
      byPosition: game.byPosition(index),
    })),
    coalitions: game.coalitions(worth),
  };
}

/**
 * Worth of all 2^n coalitions, by bit mask, of what the paths of exactly these players bring: the sum over all subsets
 * (zeta transform, n 2^n steps).
 */
export function coalitionWorth(own: Float64Array): Float64Array {
  const worth = own.slice();
  for (let bit = 1; bit < worth.length; bit *= 2)
    for (let mask = 0; mask < worth.length; mask++)
      if (mask & bit) worth[mask] = (worth[mask] ?? 0) + (worth[mask ^ bit] ?? 0);
  return worth;
}

/**
 * Shapley values of any game, from the worth of all 2^n coalitions by bit mask. The inverse transform (Möbius) gives the
 * dividend of each coalition, which its members share evenly (Harsanyi 1963): n 2^n steps instead of n! orders.
 */
export function shapleyValues(worth: Float64Array): Float64Array {
  const dividends = worth.slice();
  for (let bit = 1; bit < worth.length; bit *= 2)
    for (let mask = 0; mask < worth.length; mask++)
      if (mask & bit) dividends[mask] = (dividends[mask] ?? 0) - (dividends[mask ^ bit] ?? 0);
  const players = Math.round(Math.log2(worth.length));
  // The dividends of coalitions of one size are added up before they are divided, so that integers stay integers.
  const bySize = Array.from({ length: players }, () => new Float64Array(players + 1));
  for (let mask = 1; mask < worth.length; mask++) {
    const size = bitsOf(mask);
    bySize.forEach((sums, player) => {
      if (mask & (1 << player)) sums[size] = (sums[size] ?? 0) + (dividends[mask] ?? 0);
    });
  }
  return Float64Array.from(bySize, (sums) => sums.reduce((sum, each, size) => sum + each / (size || 1), 0));
}

function bitsOf(mask: number): number {
  let bits = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}

/** Paths added up by the set of their players. */
class Game {
  private readonly index = new Map<string, number>();
  private readonly ownOf = new Map<number, number>();
  private readonly positions: (number | undefined)[][] = [];

  add({ players, worth }: WorthyPath): void {
    if (players.length === 0) return;
    const met = players.map((player) => this.indexOf(player));
    const counts = new Map<number, number>();
    let mask = 0;
    for (const player of met) {
      mask |= 1 << player;
      counts.set(player, (counts.get(player) ?? 0) + 1);
    }
    this.ownOf.set(mask, (this.ownOf.get(mask) ?? 0) + worth);
    met.forEach((player, position) => {
      const row = this.positions[player] ?? [];
      row[position] = (row[position] ?? 0) + worth / counts.size / (counts.get(player) ?? 1);
    });
  }

  private indexOf(player: string): number {
    const known = this.index.get(player);
    if (known !== undefined) return known;
    const index = this.index.size;
    if (index === MAX_SHAPLEY_PLAYERS) throw tooManyPlayers();
    this.index.set(player, index);
    this.positions.push([]);
    return index;
  }

  players(): string[] {
    return [...this.index.keys()];
  }

  own(): Float64Array {
    const own = new Float64Array(2 ** this.index.size);
    for (const [mask, worth] of this.ownOf) own[mask] = worth;
    return own;
  }

  byPosition(player: number): number[] {
    return Array.from(this.positions[player] ?? [], (value) => value ?? 0);
  }

  coalitions(worth: Float64Array): Coalition[] {
    const names = this.players();
    return [...this.ownOf]
      .map(([mask, own]) => ({
        players: names.filter((_, player) => mask & (1 << player)),
        own,
        worth: worth[mask] ?? 0,
      }))
      .sort((a, b) => b.worth - a.worth || a.players.length - b.players.length);
  }
}

const tooManyPlayers = (): Refused =>
  new Refused(
    'players-too-many',
    `the model shapley is exact and takes ${MAX_SHAPLEY_PLAYERS} players at most; choose a coarser player, or filter the paths`,
    'player',
  );
