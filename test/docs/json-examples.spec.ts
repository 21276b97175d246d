import { expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';

const DOCS = new URL('../../docs/', import.meta.url);

/** Every block of code marked `json` in a page. Those that are not to be pasted are marked `jsonc`. */
const jsonBlocks = (page: string): readonly string[] =>
  [...page.matchAll(/^ *```json\n([^]*?)^ *```$/gm)].map(([, block = '']) => block);

const pages = (await readdir(DOCS, { recursive: true })).filter((name) => name.endsWith('.md'));
const blocks = (
  await Promise.all(pages.map(async (name) => ({ name, page: await readFile(new URL(name, DOCS), 'utf8') })))
).flatMap(({ name, page }) => jsonBlocks(page).map((block) => ({ name, block })));

test('every JSON example of the documentation can be pasted into a file and read', () => {
  const broken = blocks.flatMap(({ name, block }) => {
    try {
      JSON.parse(block);
      return [];
    } catch (error) {
      return [`docs/${name}: ${String(error)}\n${block}`];
    }
  });
  expect(broken).toEqual([]);
  expect(blocks.length).toBeGreaterThan(5);
});

test.each(['how-to/collectors.md', 'how-to/crm.md', 'how-to/cloudevents.md', 'how-to/import.md'])(
  'docs/%s, which has users save JSON as files, has none with comments or trailing commas',
  async (name) => {
    expect(await readFile(new URL(name, DOCS), 'utf8')).not.toContain('```jsonc');
  },
);
