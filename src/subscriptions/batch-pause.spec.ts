import { describe, expect, test } from '@jest/globals';
import { type AppliedBatch, BatchPause, type Pause } from './batch-pause.js';

/** Batches that take 400 ms of each `everyMs`, while the log grows by so many events a second. */
function pauses(
  yields: boolean,
  load: {
    readonly growth: number;
    readonly stride: number;
    readonly behind: number;
    readonly everyMs?: number;
    readonly servingLoad?: number;
  },
): Pause[] {
  const { growth, stride, behind, everyMs = 400, servingLoad = 1 } = load;
  const pause = new BatchPause(yields);
  return [1, 2, 3].map((nth) => {
    const at = nth * everyMs;
    const head = BigInt(Math.round((at * growth) / 1_000)) + 1_000_000n;
    const batch: AppliedBatch = {
      at,
      spentMs: 400,
      stride,
      position: head - BigInt(behind),
      head,
      servingLoad,
    };
    return pause.after(batch);
  });
}

describe('after a batch', () => {
  test('events are gathered until there are enough of them', () => {
    const [first, ...others] = pauses(true, { growth: 2_000, stride: 800, behind: 100 });
    expect(others).toHaveLength(2);
    for (const { ms, until, quietMs } of [first, ...others].flatMap((each) => each ?? [])) {
      expect(ms).toBe(120);
      expect(until).toBeGreaterThan(0n);
      expect(quietMs).toBeUndefined();
    }
  });

  test('projections yield to collectors while the log grows faster than it can be projected', () => {
    const [first, second] = pauses(true, { growth: 25_000, stride: 4_000, behind: 50_000 });
    expect(first?.quietMs).toBeUndefined(); // how fast the log grows is not known yet
    expect(second).toEqual({ ms: 3_600, quietMs: 200 });
  });

  test.each([
    ['a backlog that is being worked off', { growth: 5_000, stride: 4_000, behind: 5_000_000 }],
    ['a log that does not grow', { growth: 0, stride: 100, behind: 5_000_000 }],
    [
      'a log that outgrows them while the collectors have time to rest',
      { growth: 25_000, stride: 4_000, behind: 50_000, servingLoad: 0.6 },
    ],
    ['a short backlog', { growth: 25_000, stride: 4_000, behind: 9_000 }],
    [
      'a log that has grown during the pauses only',
      { growth: 8_000, stride: 4_000, behind: 50_000, everyMs: 4_000 },
    ],
  ])('%s is no reason to yield', (_what, load) => {
    expect(pauses(true, load).map(({ quietMs }) => quietMs)).toEqual([undefined, undefined, undefined]);
  });

  test('projections that have the machine to themselves never yield', () => {
    const all = pauses(false, { growth: 25_000, stride: 4_000, behind: 50_000 });
    expect(all.map(({ quietMs }) => quietMs)).toEqual([undefined, undefined, undefined]);
  });
});
