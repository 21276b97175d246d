import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CountedPath, markovChain, MARKOV_ORDERS } from '../src/domain/attribution/markov/chain.js';
import { removalEffects, type RemovalEffect } from '../src/domain/attribution/markov/removal-effects.js';
import { shapley, shapleyValues } from '../src/domain/attribution/shapley.js';
import { Random } from '../test/random.js';
import type { Report } from './figure.js';

const PATHS = 1_000_000;
const CHANNELS = 50;
const BARS = { order3: 30, shapley: 5, agreement: 1e-6 };

/**
 * Models over all paths: how long they take over a million paths, and how far they are from what `channelattribution` and
 * `marketing-attribution-models` of PyPI compute of the same paths. PEERS_PYTHON is a Python that has these; without it only
 * our own figures are reported.
 */
export async function attributionModels(report: Report): Promise<void> {
  const large = pathsOf(PATHS, CHANNELS);
  const peers = await peerResults(pathsOf(20_000, 8), large);
  const seconds: number[] = MARKOV_ORDERS.map((order) => {
    const { value, elapsed } = timed(() => removalEffects(counted(large), order));
    const name = `markov order ${order}, a million paths, 50 channels, ${value.states} states`;
    report({ name, value: elapsed, unit: 's', ...(order === 3 && { atMost: BARS.order3 }) });
    return elapsed;
  });
  const few = pathsOf(PATHS, 12);
  const game = timed(() => shapley(few.map(({ path, conversions }) => ({ players: path.split('>'), worth: conversions })))); // prettier-ignore
  report({ name: 'shapley, a million paths, 12 channels', value: game.elapsed, unit: 's', atMost: BARS.shapley }); // prettier-ignore
  if (peers) compare(report, peers, seconds[0] ?? 0);
}

interface Path {
  readonly path: string;
  readonly conversions: number;
  readonly nulls: number;
}

/** Channels as unequal as they are, 20 % repeats, five touches on average; the last channel decides on a conversion. */
function pathsOf(count: number, channels: number): Path[] {
  const random = new Random(42);
  const upTo = Array.from({ length: channels }, (_, index) => Math.log((index + 3) / 2));
  const pick = (): number => {
    const at = random.next() * (upTo.at(-1) ?? 1);
    return upTo.findIndex((limit) => limit >= at);
  };
  return Array.from({ length: count }, () => {
    const path = [pick()];
    while (random.chance(0.8) && path.length < 40)
      path.push(random.chance(0.2) ? (path.at(-1) ?? 0) : pick());
    const conversions = random.chance((path.at(-1) ?? 0) % 5 === 0 ? 0.3 : 0.1) ? 1 : 0;
    return { path: path.map((channel) => `c${channel}`).join('>'), conversions, nulls: 1 - conversions };
  });
}

/** Paths are text for both sides, so that both pay for reading them. */
function* counted(paths: readonly Path[]): Generator<CountedPath> {
  for (const { path, conversions, nulls } of paths)
    yield { players: path.split('>'), conversions, nonConversions: nulls };
}

function timed<T>(run: () => T): { readonly value: T; readonly elapsed: number } {
  const began = performance.now();
  const value = run();
  return { value, elapsed: (performance.now() - began) / 1_000 };
}

type ByChannel = Readonly<Record<string, number>>;
interface Peers {
  readonly markov: ByChannel;
  readonly shapley: ByChannel;
  readonly transitions: readonly (readonly [from: string, to: string, probability: number])[];
  readonly simulated: { readonly effects: ByChannel };
  readonly large: { readonly seconds: number };
  readonly small: readonly Path[];
}

async function peerResults(small: readonly Path[], large: readonly Path[]): Promise<Peers | undefined> {
  const python = process.env['PEERS_PYTHON'];
  if (python === undefined) {
    console.log('PEERS_PYTHON names no Python with the packages of bench/peers/attribution.py: no peers');
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'peers-'));
  try {
    const files = [join(folder, 'small.csv'), join(folder, 'large.csv')] as const;
    await writeFile(files[0], csv(small));
    await writeFile(files[1], csv(large));
    const script = join(import.meta.dirname, 'peers', 'attribution.py');
    const { stdout } = await promisify(execFile)(python, [script, ...files], { maxBuffer: 2 ** 26 });
    return { ...(JSON.parse(stdout) as Omit<Peers, 'small'>), small };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const csv = (paths: readonly Path[]): string =>
  ['path,conversions,nulls', ...paths.map((each) => Object.values(each).join())].join('\n');

function compare(report: Report, peers: Peers, ours: number): void {
  const { effects } = removalEffects(counted(peers.small), 1);
  const off = (name: string, difference: number, atMost?: number): void =>
    report({ name, value: difference, unit: 'most', ...(atMost !== undefined && { atMost }) });
  off('markov: removal effects off marketing-attribution-models', mostOff(byChannel(effects), peers.markov), BARS.agreement); // prettier-ignore
  off('markov: transitions off channelattribution', mostOff(transitionsOf(peers.small), Object.fromEntries(peers.transitions.map(([from, to, probability]) => [`${from}>${to}`, probability]))), BARS.agreement); // prettier-ignore
  off('markov: removal effects off channelattribution, which simulates', mostOff(byChannel(effects), peers.simulated.effects)); // prettier-ignore
  off('shapley: relative, off marketing-attribution-models', mostOff(setGames(peers.small), peers.shapley, true), BARS.agreement); // prettier-ignore
  const ratio = peers.large.seconds / ours;
  report({ name: 'channelattribution, order 1, a million paths', value: peers.large.seconds, unit: 's' });
  report({ name: '  its time, as a multiple of ours', value: ratio, unit: 'times', atLeast: 1 });
}

const byChannel = (effects: readonly RemovalEffect[]): ByChannel =>
  Object.fromEntries(effects.map(({ player, effect }) => [player, effect]));

function mostOff(ours: ByChannel, theirs: ByChannel, relative = false): number {
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  const offs = [...names].map((name) => {
    const [a, b] = [ours[name] ?? NaN, theirs[name] ?? NaN];
    return Math.abs(a - b) / (relative ? Math.abs(b) : 1);
  });
  return offs.some(Number.isNaN) ? Infinity : Math.max(...offs);
}

function transitionsOf(paths: readonly Path[]): ByChannel {
  const chain = markovChain(counted(paths), 1);
  const name = (state: number): string => chain.players[chain.player[state] ?? -1] ?? '(start)';
  const entries: [string, number][] = [];
  for (let state = 0; state < chain.size; state++) {
    for (let at = chain.rowStart[state] ?? 0; at < (chain.rowStart[state + 1] ?? 0); at++)
      entries.push([`${name(state)}>${name(chain.target[at] ?? 0)}`, chain.probability[at] ?? 0]);
    if (state > 0) entries.push([`${name(state)}>(conversion)`, chain.toConversion[state] ?? 0]);
    if (state > 0) entries.push([`${name(state)}>(null)`, chain.toNull[state] ?? 0]);
  }
  return Object.fromEntries(entries);
}

/**
 * marketing-attribution-models plays another game than Zhao et al.: one for each set of channels that converts, in which a
 * coalition is worth the conversions of exactly its channels. Its values are added up.
 */
function setGames(paths: readonly Path[]): ByChannel {
  const names = [...new Set(paths.flatMap(({ path }) => path.split('>')))];
  const own = new Float64Array(2 ** names.length);
  for (const { path, conversions } of paths) {
    const mask = path.split('>').reduce((bits, name) => bits | (1 << names.indexOf(name)), 0);
    own[mask] = (own[mask] ?? 0) + conversions;
  }
  const values = names.map(() => 0);
  own.forEach((conversions, set) => {
    const members = [...names.keys()].filter((player) => set & (1 << player));
    if (conversions === 0) return;
    const worth = Float64Array.from({ length: 2 ** members.length }, (_, mask) => {
      const bits = members.reduce((all, player, at) => (mask & (1 << at) ? all | (1 << player) : all), 0);
      return bits === 0 ? 0 : (own[bits] ?? 0);
    });
    const shared = shapleyValues(worth);
    members.forEach((player, at) => (values[player] = (values[player] ?? 0) + (shared[at] ?? 0)));
  });
  return Object.fromEntries(names.map((name, player) => [name, values[player] ?? 0]));
}
