import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { defaultModel } from '../../commands/publish-model.js';
import { checkModel } from './check-model.js';

const PAGE = readFileSync(new URL('../../../docs/journey-model.md', import.meta.url), 'utf8');
const examples = [...PAGE.matchAll(/^```yaml\n(.*?)^```$/gms)].map(
  ([, yaml = '']) => parse(yaml) as object | null,
);

test('the examples of docs/journey-model.md together are a valid model', async () => {
  expect(examples.length).toBeGreaterThan(8);
  const document = Object.assign({}, await defaultModel(), ...examples) as unknown;
  expect(checkModel(document)).toMatchObject({ model: { segments: [{ id: 'price_readers' }] } });
});
