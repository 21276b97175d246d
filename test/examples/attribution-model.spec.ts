// "What a change touches" of CONTRIBUTING, for an attribution model: one function in the catalogue. Whatever lists models,
// computes credits or checks a parameter takes their names from there.
import { expect, test } from '@jest/globals';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL_NAMES, MODELS } from '../../src/domain/attribution/models.js';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCES = ['src/**/*.ts', 'src/database/migrations/repeatable/*.sql', 'proto/**/*.proto'];

test('an attribution model is added in the catalogue alone', async () => {
  const naming: string[] = [];
  for await (const file of glob(SOURCES, { cwd: ROOT, exclude: (name) => name.endsWith('.spec.ts') }))
    if ((await readFile(join(ROOT, file), 'utf8')).includes('last_non_direct')) naming.push(file);
  expect(naming).toEqual(['src/domain/attribution/models.ts']);
  expect(MODEL_NAMES).toEqual(Object.keys(MODELS));
});

test('docs/attribution.md documents every attribution model', async () => {
  const page = await readFile(join(ROOT, 'docs', 'attribution.md'), 'utf8');
  for (const model of MODEL_NAMES) expect(page).toContain(`\`${model}\``);
});
