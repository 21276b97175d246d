import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { getPriority } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const isMeasurable = process.platform === 'linux' && getPriority() === 0;
const whereMeasurable = isMeasurable ? test : test.skip;
const reason = isMeasurable ? '' : ' (skipped: it takes Linux, and tests of the usual priority)';

whereMeasurable(
  `beside a busy thread one that yields gets about a tenth of the processor, neither half nor nothing${reason}`,
  () => {
    const hooks = join(ROOT, 'test', 'typescript-hooks.mjs');
    const script = join(ROOT, 'test', 'busy-threads.ts');
    const share = Number(
      execFileSync('taskset', ['-c', '0', process.execPath, '--import', hooks, script], { encoding: 'utf8' }),
    );
    expect(share).toBeGreaterThan(1 / 20);
    expect(share).toBeLessThan(1 / 4);
  },
);
