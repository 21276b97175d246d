import { expect, test } from '@jest/globals';
import { access, readFile } from 'node:fs/promises';

const PAGE = new URL('../../docs/architecture.md', import.meta.url);
const page = await readFile(PAGE, 'utf8');

const section = (title: string): string => page.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '';

test('the path of a touchpoint in docs/architecture.md has ten steps, each with its file', () => {
  const steps = section('The path of a touchpoint')
    .split(/^\d+\. /m)
    .slice(1);
  expect(steps).toHaveLength(10);
  const files = steps.map((step) => /^\[`(src\/[\w./-]+\.ts)`\]\(\.\.\/\1\)/.exec(step)?.[1]);
  expect(new Set(files).size).toBe(10);
  expect(files).not.toContain(undefined);
});

test('every file and section that docs/architecture.md links to exists', async () => {
  const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
  const files = links.filter((link) => !/^(https?:|#)/.test(link)).map((link) => link.split('#')[0] ?? '');
  for (const file of files) await access(new URL(file, PAGE));
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const link of links.filter((each) => each.startsWith('#'))) expect(anchors).toContain(link.slice(1));
  expect(files.length).toBeGreaterThan(10);
});
