import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { VERDICTS } from '../touchpoint.js';
import { REASON_CODES } from './reasons.js';

const page = await readFile(new URL('../../../docs/verdicts.md', import.meta.url), 'utf8');

test('docs/verdicts.md explains every verdict and every reason, and no other', () => {
  const explained = [...page.matchAll(/^\| `([a-z_-]+)`/gm)].map(([, code]) => code);
  expect([...explained, 'rule'].sort()).toEqual([...VERDICTS, ...REASON_CODES].sort());
});
