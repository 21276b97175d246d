import { TransitionCounts, type Transition } from '../domain/attribution/markov/transitions.js';
import type { ModelRequest } from '../domain/attribution/model-request.js';
import { playerName } from '../domain/attribution/players.js';
import type { Basis, Steps } from '../domain/attribution/weigh-paths.js';
import { countedPaths } from '../domain/attribution/weigh-paths.js';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CoalitionItem, ExplainedPlayer, PlayerKey, TransitionItem } from './explained-player-items.js';

/** Of more, the rest is one figure, so that what is listed still adds up. */
const LISTED = 20;
const PATHS_A_TURN = 500;

const keyOf = (player: string): PlayerKey => {
  const { value: key, times = null } = playerName(player);
  return { key, times };
};

interface ExplainedBasis {
  readonly basis: Basis;
  readonly converting: readonly Steps[];
  readonly nonConverting: readonly Steps[];
}

/**
 * What the figures of players follow from: transitions of a chain, or coalitions of a game.
 *
 * @returns of so many players the most valuable ones; none of a model that looks at one path
 */
export async function explainedPlayers(
  request: ModelRequest,
  players: ReadonlySet<string>,
  of: ExplainedBasis,
): Promise<ExplainedPlayer[]> {
  const { removal, game } = of.basis;
  if (request.model === 'markov' && removal) {
    const wanted = most(removal.effects, players, ({ effect }) => effect);
    const counts = new TransitionCounts(request.order, wanted.map(({ player }) => player)); // prettier-ignore
    let paths = 0;
    for (const path of countedPaths(request, of.converting, of.nonConverting)) {
      counts.add(path);
      if (++paths % PATHS_A_TURN === 0) await nextTurn();
    }
    return wanted.map(({ player, effect }) => ({
      ...keyOf(player),
      value: effect,
      conversionRateWithout: removal.conversionRate * (1 - effect),
      ...transitionsPart(counts, player),
      ...{ coalitions: [], otherCoalitions: null },
    }));
  }
  return most(game?.values ?? [], players, ({ value }) => value).map(({ player, value }) => ({
    ...keyOf(player),
    value,
    ...{ conversionRateWithout: null, visits: null },
    ...{ entries: [], otherEntries: null, exits: [], otherExits: null },
    ...coalitionsPart(of.basis, player),
  }));
}

const most = <P extends { readonly player: string }>(
  all: readonly P[],
  players: ReadonlySet<string>,
  valueOf: (each: P) => number,
): readonly P[] =>
  all
    .filter(({ player }) => players.has(player))
    .toSorted((a, b) => valueOf(b) - valueOf(a))
    .slice(0, LISTED);

type TransitionsPart = Pick<ExplainedPlayer, 'visits' | 'entries' | 'otherEntries' | 'exits' | 'otherExits'>;

function transitionsPart(counts: TransitionCounts, player: string): TransitionsPart {
  const { visits, entries, exits } = counts.of(player);
  const [listedEntries, otherEntries] = listed(entries);
  const [listedExits, otherExits] = listed(exits);
  return { visits, entries: listedEntries, otherEntries, exits: listedExits, otherExits };
}

function listed(transitions: readonly Transition[]): [TransitionItem[], ExplainedPlayer['otherEntries']] {
  const rest = transitions.slice(LISTED);
  const items = transitions.slice(0, LISTED).map(({ from, to, count }) => ({
    from: from.map(keyOf),
    to: 'player' in to ? keyOf(to.player) : null,
    end: 'end' in to ? to.end : null,
    count,
  }));
  const others = { transitions: rest.length, count: rest.reduce((sum, { count }) => sum + count, 0) };
  return [items, rest.length === 0 ? null : others];
}

type CoalitionsPart = Pick<ExplainedPlayer, 'coalitions' | 'otherCoalitions'>;

function coalitionsPart({ game }: Basis, player: string): CoalitionsPart {
  const coalitions = (game?.coalitions ?? [])
    .filter(({ players }) => players.includes(player))
    .map(({ players, own, worth }): CoalitionItem => ({
      players: players.map(keyOf),
      own,
      worth,
      share: own / players.length,
    }))
    .toSorted((a, b) => b.share - a.share);
  const rest = coalitions.slice(LISTED);
  const others = { coalitions: rest.length, share: rest.reduce((sum, { share }) => sum + share, 0) };
  return { coalitions: coalitions.slice(0, LISTED), otherCoalitions: rest.length === 0 ? null : others };
}
