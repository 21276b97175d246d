import type { CountedPath, MarkovOrder } from './chain.js';

/** How paths end: with a conversion, or without one. */
export const PATH_ENDS = ['conversion', 'null'] as const;
export type PathEnd = (typeof PATH_ENDS)[number];

/** How often paths went on from a state to a player, or ended in it. */
export interface Transition {
  /** The last players, oldest first: as many as the order of the chain, fewer at the beginning of a path. */
  readonly from: readonly string[];
  readonly to: { readonly player: string } | { readonly end: PathEnd };
  readonly count: number;
}

/** Each visit of a player is entered once and left once: both lists add up to the visits. The most frequent come first. */
export interface PlayerTransitions {
  readonly visits: number;
  readonly entries: readonly Transition[];
  readonly exits: readonly Transition[];
}

type Counts = Map<string, Transition>;

/** Counts the transitions to and from some players, repeats of one player included. */
export class TransitionCounts {
  private readonly counts: ReadonlyMap<string, { readonly entries: Counts; readonly exits: Counts }>;

  constructor(
    private readonly order: MarkovOrder,
    players: Iterable<string>,
  ) {
    this.counts = new Map([...players].map((player) => [player, { entries: new Map(), exits: new Map() }]));
  }

  add({ players, conversions, nonConversions = 0 }: CountedPath): void {
    players.forEach((player, at) => {
      const from = players.slice(Math.max(0, at - this.order), at);
      this.count(from, { player }, conversions + nonConversions);
    });
    const last = players.slice(-this.order);
    this.count(last, { end: 'conversion' }, conversions);
    this.count(last, { end: 'null' }, nonConversions);
  }

  private count(from: readonly string[], to: Transition['to'], times: number): void {
    if (times === 0) return;
    const entries = 'player' in to ? this.counts.get(to.player)?.entries : undefined;
    const exits = this.counts.get(from.at(-1) ?? '\0')?.exits;
    for (const counts of [entries, exits]) {
      if (!counts) continue;
      const key = JSON.stringify([from, to]);
      counts.set(key, { from, to, count: (counts.get(key)?.count ?? 0) + times });
    }
  }

  of(player: string): PlayerTransitions {
    const { entries, exits } = this.counts.get(player) ?? { entries: new Map(), exits: new Map() };
    const listed = [entries, exits].map((counts: Counts) =>
      [...counts].sort(([a, { count: left }], [b, { count: right }]) => right - left || (a < b ? -1 : 1)),
    );
    const [before = [], after = []] = listed.map((list) => list.map(([, transition]) => transition));
    return { visits: before.reduce((sum, { count }) => sum + count, 0), entries: before, exits: after };
  }
}
