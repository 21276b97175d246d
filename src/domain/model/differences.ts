import { isObject } from './fields.js';

/** One difference between two versions of a model, at a path that names entries by id or name instead of by index. */
export interface Difference {
  readonly kind: 'added' | 'removed' | 'changed' | 'moved';
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What a reviewer must see: rules added, removed, changed and moved; the order of fields does not matter. */
export function modelDifferences(before: unknown, after: unknown, path = ''): readonly Difference[] {
  if (same(before, after)) return [];
  if (before === undefined) return [{ kind: 'added', path, after }];
  if (after === undefined) return [{ kind: 'removed', path, before }];
  if (isObject(before) && isObject(after)) return objectDifferences(before, after, path);
  if (Array.isArray(before) && Array.isArray(after)) {
    const [old, fresh] = [entriesOf(before, path), entriesOf(after, path)];
    if (old && fresh) return listDifferences(old, fresh, path);
  }
  return [{ kind: 'changed', path, before, after }];
}

type Fields = Readonly<Record<string, unknown>>;

const objectDifferences = (before: Fields, after: Fields, path: string): readonly Difference[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
    modelDifferences(before[name], after[name], path === '' ? name : `${path}.${name}`),
  );

type Entries = ReadonlyMap<string, unknown>;

/** The entries of a list by their names; undefined where they have none, or one twice. */
function entriesOf(list: readonly unknown[], path: string): Entries | undefined {
  const entries = new Map(list.map((entry) => [nameOf(entry) || unnamedIn(path), entry] as const));
  return entries.size === list.length && !entries.has('') ? entries : undefined;
}

function nameOf(entry: unknown): string {
  if (!isObject(entry)) return '';
  const { id, name, currency, date, persona, stage } = entry;
  if (typeof currency === 'string' && typeof date === 'string') return `${currency} ${date}`;
  const found = [id, name, date, persona, stage].find((value) => value !== undefined);
  const names = [found].flat();
  return names.every((value) => typeof value === 'string') ? names.join(' ') : '';
}

/** One lead definition has no persona. */
const unnamedIn = (path: string): string => (path === 'leadDefinitions' ? 'others' : '');

function listDifferences(before: Entries, after: Entries, path: string): readonly Difference[] {
  const at = (name: string): string => `${path}[${name}]`;
  const common = [...before.keys()].filter((name) => after.has(name));
  const moved = movedNames(
    common,
    [...after.keys()].filter((name) => before.has(name)),
  );
  return [
    ...[...before.keys()]
      .filter((name) => !after.has(name))
      .map((name): Difference => ({ kind: 'removed', path: at(name), before: before.get(name) })),
    ...[...after].flatMap(([name, entry]): readonly Difference[] => {
      if (!before.has(name)) return [{ kind: 'added', path: at(name), after: entry }];
      const inside = modelDifferences(before.get(name), entry, at(name));
      return moved.has(name) ? [{ kind: 'moved', path: at(name) }, ...inside] : inside;
    }),
  ];
}

/** The fewest names whose move explains the new order: those outside a longest common subsequence. */
function movedNames(before: readonly string[], after: readonly string[]): ReadonlySet<string> {
  if (before.every((name, at) => name === after[at])) return new Set();
  const place = new Map(before.map((name, at) => [name, at]));
  const places = after.map((name) => place.get(name) ?? 0);
  const lengths: number[] = [];
  const previous: number[] = [];
  places.forEach((own, at) => {
    let best = -1;
    for (let earlier = 0; earlier < at; earlier++)
      if ((places[earlier] ?? 0) < own && (lengths[earlier] ?? 0) > (lengths[best] ?? 0)) best = earlier;
    lengths[at] = (lengths[best] ?? 0) + 1;
    previous[at] = best;
  });
  const kept = new Set<string>();
  for (let at = lengths.indexOf(Math.max(...lengths)); at >= 0; at = previous[at] ?? -1)
    kept.add(after[at] ?? '');
  return new Set(after.filter((name) => !kept.has(name)));
}

const sorted = (value: unknown): unknown =>
  isObject(value)
    ? Object.fromEntries(
        Object.keys(value)
          .toSorted()
          .map((key) => [key, value[key]]),
      )
    : value;
const same = (before: unknown, after: unknown): boolean =>
  JSON.stringify(before, (_, value: unknown) => sorted(value)) ===
  JSON.stringify(after, (_, value: unknown) => sorted(value));

/** One line for people. */
export function differenceText({ kind, path, before, after }: Difference): string {
  if (kind === 'changed') return `changed  ${path}: ${brief(before)} → ${brief(after)}`;
  if (kind === 'moved') return `moved    ${path}: its place in the order is another`;
  const value = kind === 'added' ? after : before;
  return `${kind.padEnd(7)}  ${path}${isObject(value) || Array.isArray(value) ? '' : `: ${brief(value)}`}`;
}

const LONGEST = 120;

function brief(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
