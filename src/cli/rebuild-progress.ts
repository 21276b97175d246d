import { setTimeout as sleep } from 'node:timers/promises';
import progress, { type SingleBar } from 'cli-progress';
import type pg from 'pg';
import { duration } from './duration.js';
import { type Checkpoint, type RebuildProgress, readCheckpoints } from '../subscriptions/read-checkpoints.js';

const POLL_MS = 200;
/** Between two lines about a rebuild where there is no terminal for bars. */
const LINE_MS = 5_000;
/** Who shows an error for so long is stuck; a conflict with another process passes with the next try. */
const STUCK_MS = 10_000;

/** Shows how rebuilds go, until a display is done with. */
interface Display {
  show(checkpoints: readonly Checkpoint[]): void;
  end(): void;
}

/**
 * Waits until none of the projections is being rebuilt, and shows how far they are: a bar each on a terminal, else a line each
 * now and then.
 *
 * @throws Error one of them cannot go on
 */
export async function followRebuild(pool: pg.Pool, names: readonly string[]): Promise<Checkpoint[]> {
  const display = process.stdout.isTTY ? new Bars() : new Lines();
  let movedAt = performance.now();
  try {
    for (;;) {
      const checkpoints = await readCheckpoints(pool, names);
      display.show(checkpoints);
      const failed = checkpoints.find(({ rebuild }) => rebuild?.error);
      if (!failed?.rebuild) movedAt = performance.now();
      else if (performance.now() - movedAt > STUCK_MS)
        throw new Error(`${failed.name} cannot be rebuilt: ${failed.rebuild.error}`);
      if (checkpoints.every(({ rebuild }) => rebuild === null)) return checkpoints;
      await sleep(POLL_MS);
    }
  } finally {
    display.end();
  }
}

class Bars implements Display {
  private readonly multi = new progress.MultiBar({
    format: '{name} {bar} {percentage} % {how}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
  });
  private readonly bars = new Map<string, SingleBar>();

  show(checkpoints: readonly Checkpoint[]): void {
    const width = Math.max(...checkpoints.map(({ name }) => name.length));
    for (const { name, position, rebuild } of checkpoints) {
      const bar = this.bars.get(name) ?? this.multi.create(1, 0, { name: name.padEnd(width), how: '' });
      this.bars.set(name, bar);
      bar.setTotal(Math.max(1, Number(rebuild?.target ?? position)));
      bar.update(Number(rebuild?.position ?? position), { how: rebuild ? pace(rebuild) : '' });
    }
  }

  end(): void {
    this.multi.stop();
  }
}

class Lines implements Display {
  private next = performance.now() + LINE_MS;

  show(checkpoints: readonly Checkpoint[]): void {
    if (performance.now() < this.next) return;
    this.next = performance.now() + LINE_MS;
    for (const { name, rebuild } of checkpoints)
      if (rebuild) console.log(`${name}: ${describeProgress(rebuild)}`);
  }

  end(): void {
    // Lines need no tidying.
  }
}

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** E.g. `450,000 of 1,000,000, 21,000 events/s, 26 s left`. */
export const describeProgress = (rebuild: RebuildProgress): string =>
  [`${number.format(rebuild.position)} of ${number.format(rebuild.target)}`, pace(rebuild)]
    .filter((part) => part !== '')
    .join(', ');

function pace({ rate, secondsLeft, waitsFor }: RebuildProgress): string {
  if (waitsFor !== null) return `waits for ${waitsFor}`;
  if (rate === null || secondsLeft === null) return '';
  return `${number.format(rate)} events/s, ${duration(secondsLeft)} left`;
}
