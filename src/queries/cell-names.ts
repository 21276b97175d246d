import { cataloguedNames } from './catalogue-rows.js';
import type { View } from './read-models.js';

/** How people read that there is no content, campaign or source; never a key. */
const NONE = '(none)';

/** A cell of a report: its keys in the order of the cuts, null where there is none. */
interface Cell {
  readonly keys: readonly (string | null)[];
  /** Title of the content as touchpoints have it. */
  readonly title?: string | null;
}

/** Names of what keys stand for, by cut. */
export type CellNames = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The names that catalogue and journey model have for the keys of these cells. */
export async function cellNames(
  view: View,
  by: readonly string[],
  cells: readonly Cell[],
): Promise<CellNames> {
  const names = new Map<string, ReadonlyMap<string, string>>();
  for (const [index, cut] of by.entries()) {
    const ids = [...new Set(cells.flatMap(({ keys }) => keys[index] ?? []))];
    names.set(cut, await namesOf(view, cut, ids));
  }
  return names;
}

async function namesOf(
  view: View,
  cut: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (cut === 'content' || cut === 'campaign') return cataloguedNames(view, cut, ids);
  const { personas, stages, segments, routing } = view.model?.data.document ?? { personas: [], stages: [] };
  if (cut === 'segment' || cut === 'accountSegment')
    return new Map(segments?.map(({ id, name }) => [id, name]));
  if (cut === 'recipient') return new Map(routing?.recipients.map(({ id, name }) => [id, name]));
  const ofPersonas = personas.flatMap((persona) => persona.stages ?? []);
  const named = cut === 'persona' ? personas : cut === 'stage' ? [...ofPersonas, ...stages] : [];
  return new Map(named.map(({ id, name }) => [id, name]));
}

/** The key of a cell, and its label: names, else keys, else "(none)". */
export function cellName(
  { keys, title }: Cell,
  by: readonly string[],
  names: CellNames,
): { readonly key: string | null; readonly keys: (string | null)[]; readonly label: string } {
  const labels = keys.map((key, index) => {
    const cut = by[index] ?? '';
    const name = key === null ? undefined : names.get(cut)?.get(key);
    return name ?? ((cut === 'content' && title) || key) ?? NONE;
  });
  const key = by.length === 1 ? (keys[0] ?? null) : JSON.stringify(keys);
  return { key, keys: [...keys], label: labels.join(' | ') };
}
