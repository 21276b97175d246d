import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { believe } from './time.js';

/** The table of cases in docs/how-to/collect.md says what the code does. */
const page = readFileSync(join(import.meta.dirname, '../../docs/how-to/collect.md'), 'utf8');
const receivedAt = new Date(/^Received at (\S+)/m.exec(page)?.[1] ?? '');
const [, table = ''] = /\n(\| timestamp +\|[^]*?)\n\n/.exec(page) ?? [];
const cases = table
  .split('\n')
  .slice(2)
  .map((row) => row.split('|').map((cell) => cell.trim()))
  .map(([, timestamp, originalTimestamp, sentAt, becomes = '', since]) => ({
    ...{ timestamp, originalTimestamp, sentAt, becomes, since },
  }));

test('the table of times has its cases', () => expect(cases.length).toBeGreaterThan(15));

test.each(cases)(
  'timestamp "$timestamp", originalTimestamp "$originalTimestamp", sentAt "$sentAt": $since',
  ({ timestamp, originalTimestamp, sentAt, becomes }) => {
    const { occurredAt, clamped } = believe({ timestamp, originalTimestamp, sentAt, path: '' }, receivedAt);
    const [, reason] = /^replaced: (\w+)$/.exec(becomes) ?? [];
    expect({ occurredAt, reason: clamped?.reason }).toEqual({
      occurredAt: reason === undefined ? new Date(becomes) : receivedAt,
      reason,
    });
  },
);
