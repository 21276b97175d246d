import { expect, test } from '@jest/globals';
import { DAY_MS } from '../limits-config.js';
import type { RejectedUsage } from './rejected-usage.js';
import { RetentionWarnings } from './retention-warnings.js';

const usage = (changes: Partial<RejectedUsage>): RejectedUsage => ({
  ...{
    workspace: 'main',
    rows: 10,
    open: 10,
    bytes: 1,
    share: 0.1,
    oldestKeptAt: null,
    expiring: 0,
    expiresAt: null,
  },
  ...changes,
});

test('input that will be removed is warned of once a day for each workspace and reason, and again when it comes back', () => {
  const lines: string[] = [];
  const warnings = new RetentionWarnings({ ms: 90 * DAY_MS, bytes: 1000 * 2 ** 20 }, (line) =>
    lines.push(line),
  );
  const full = usage({ share: 0.83 });
  const old = usage({ workspace: 'other', expiring: 3, expiresAt: new Date('2026-03-06T10:00:00Z') });
  const report = (day: number, ...usages: RejectedUsage[]): number => {
    const { length } = lines;
    warnings.report(usages, day * DAY_MS);
    return lines.length - length;
  };

  expect(report(0, usage({ share: 0.79 }))).toBe(0);
  expect(report(0.1, full, old)).toBe(2);
  expect(report(0.2, full, old)).toBe(0);
  expect(report(1.1, full, old)).toBe(2);
  expect(report(1.2, old)).toBe(0);
  expect(report(1.3, full, old)).toBe(1);
  expect(lines.slice(0, 2)).toEqual([
    'rejected input of workspace "main" fills 83 % of its 1000 MB, beyond which the oldest is removed: replay it, or raise TOUCHLINE_REJECTED_MB',
    '3 of the rejected input of workspace "other" will be removed within 7 days for their age, the first at 2026-03-06T10:00:00.000Z: replay them, or raise TOUCHLINE_REJECTED_DAYS',
  ]);
});
