import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { UnknownKeyLog } from './unknown-keys.js';

let lines: string[];
let time: number;
let log: UnknownKeyLog;
beforeEach(() => {
  lines = [];
  time = 0;
  log = new UnknownKeyLog(() => time);
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(String(line)));
});
afterEach(() => {
  jest.restoreAllMocks();
});

test('an unknown key is logged by its prefix, once a minute', () => {
  for (let times = 0; times < 1_000; times += 1) log.note('write', 'wk_mistyped_0123456789');
  expect(lines).toEqual(['A request had an unknown or revoked write key that begins with "wk_mist"']);
  time = 60_000;
  log.note('write', 'wk_mistyped_0123456789');
  expect(lines).toHaveLength(2);
});

test('a scan with many keys logs ten lines a minute', () => {
  for (let nth = 0; nth < 10_000; nth += 1) log.note('API', `${nth}_0123456789abcdef`);
  expect(lines).toHaveLength(10);
});

test('a key with control characters cannot break the line', () => {
  log.note('write', '\u001b[31m\n0123456789abcdef');
  expect(lines).toEqual([expect.stringMatching(/^[\x20-\x7e]+$/)]);
});
