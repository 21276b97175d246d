import { expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Metrics } from '../../src/metrics.js';

const ROOT = join(import.meta.dirname, '..', '..');
const text = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8');

/** Declared in the sources, and those of Node and its process. */
async function figures(): Promise<{ readonly own: ReadonlySet<string>; readonly all: ReadonlySet<string> }> {
  const files = (await readdir(join(ROOT, 'src'), { recursive: true })).filter((file) =>
    /(?<![.]spec)[.]ts$/.test(file),
  );
  const sources = await Promise.all(files.map((file) => text(join('src', file))));
  const own = new Set(
    sources.flatMap((source) =>
      [...source.matchAll(/name: '(touchline_\w+)'/g)].map(([, name = '']) => name),
    ),
  );
  const usual = (await new Metrics().registry.getMetricsAsJSON()).map(({ name }) => name);
  return { own, all: new Set([...own, ...usual]) };
}

const namesIn = (query: string): string[] =>
  [...query.matchAll(/\b(?:touchline|nodejs|process)_\w+(?=[{[)]|\s|$)/g)].map(([name]) =>
    name.replace(/_(bucket|count|sum)$/, ''),
  );

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const panels = async (): Promise<readonly Panel[]> =>
  (JSON.parse(await text('infra/grafana/touchline.json')) as { panels: readonly Panel[] }).panels;

async function alertQueries(): Promise<readonly string[]> {
  const { groups } = parse(await text('infra/prometheus/alerts.yaml')) as {
    groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
  };
  return groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
}

test('dashboard and alerts use only metrics that Touchline exports', async () => {
  const { all } = await figures();
  const queries = [
    ...(await panels()).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...(await alertQueries()),
  ];
  const asked = new Set(queries.flatMap(namesIn));
  expect(asked.size).toBeGreaterThan(15);
  expect([...asked].filter((name) => !all.has(name))).toEqual([]);
});

test('every metric of Touchline has a dashboard panel', async () => {
  const { own } = await figures();
  const shown = new Set(
    (await panels()).flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => namesIn(expr))),
  );
  expect([...own].filter((name) => !shown.has(name))).toEqual([]);
});

test('every dashboard panel has a separate position, a title and a query', async () => {
  const all = await panels();
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  const cells = new Set<string>();
  for (const { type, title, targets = [], gridPos } of all) {
    expect(title).not.toBe('');
    if (type !== 'row') expect([title, targets.length > 0]).toEqual([title, true]);
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect([title, x, y, cells.has(`${x},${y}`)]).toEqual([title, x, y, false]);
        cells.add(`${x},${y}`);
      }
  }
});

test('docs/operations.md documents every alert and no others', async () => {
  const { groups } = parse(await text('infra/prometheus/alerts.yaml')) as {
    groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
  };
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  const told = [...(await text('docs/operations.md')).matchAll(/^\| `(Touchline\w+)`/gm)].map(
    ([, name]) => name,
  );
  expect(told.sort()).toEqual([...alerts].sort());
});
