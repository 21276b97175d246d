import { statSync } from 'node:fs';
import Sequencer from '@jest/test-sequencer';

/** They take minutes and start processes of their own. */
const LONG = /[/]test[/]e2e[/]|[.]processes[.]spec[.]ts$|[/]kafka/;
/** Behind so much of the others none of them starts: one that came last would keep one worker busy alone. */
const SPREAD_OVER = 0.8;

/**
 * Spreads the long files evenly over the others: several at once overload the machine, and what waits for them fails. Without this
 * the order would depend on the times of earlier runs, which a fresh clone does not have.
 */
export default class Spread extends Sequencer {
  sort(tests) {
    const sizes = new Map(tests.map(({ path }) => [path, statSync(path).size]));
    const bySize = tests.toSorted((a, b) => (sizes.get(b.path) ?? 0) - (sizes.get(a.path) ?? 0));
    const long = bySize.filter(({ path }) => LONG.test(path));
    const short = bySize.filter(({ path }) => !LONG.test(path));
    const apart = Math.floor((short.length * SPREAD_OVER) / Math.max(1, long.length));
    const spread = long.flatMap((test, index) => [test, ...short.slice(index * apart, (index + 1) * apart)]);
    return [...spread, ...short.slice(long.length * apart)];
  }
}
