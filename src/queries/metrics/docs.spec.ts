import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { type ExampleApi, exampleApi } from '../../../test/example-api.js';
import { EXAMPLE_HAND_OFFS } from '../../../test/example-hand-offs.js';
import { EXAMPLE_INVESTMENTS } from '../../../test/example-investments.js';
import { EXAMPLE_NURTURE } from '../../../test/example-nurture.js';
import { EXAMPLE_READERS } from '../../../test/example-readers.js';
import { metrics } from './all.js';

const page = await readFile(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```sh\napi metrics\/(\S+)(.*)\n```\n\n```json\n([^`]+)```/g)].map(
  ([, name = '', parameters = '', answer = '']) => ({
    name,
    query: [...parameters.matchAll(/-d (\S+)/g)].map(([, parameter]) => parameter).join('&'),
    answer: JSON.parse(answer) as object,
  }),
);

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', [
    ...EXAMPLE_INVESTMENTS,
    ...EXAMPLE_READERS,
    ...EXAMPLE_HAND_OFFS,
    ...EXAMPLE_NURTURE,
  ]);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

test('docs/metrics.md has an example of every metric', () => {
  expect(new Set(examples.map(({ name }) => name)).size).toBe(metrics.length);
});

test.each(examples)(
  'the example of $name in docs/metrics.md is what the API answers',
  async ({ name, query, answer }) => {
    const { body } = await api.get<object>(`/api/metrics/${name}?${query}`);
    expect(body).toMatchObject(answer);
  },
);
