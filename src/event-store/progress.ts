import type { Progress } from './event-store.js';

/** Of the parameters of `moveParameters`, numbered from `first`. */
export const moveProgress = (
  first: number,
): string => `INSERT INTO touchline.progress AS known (source, next, mark)
    SELECT * FROM unnest($${first}::text[], $${first + 1}::bigint[], $${first + 2}::text[])
    ON CONFLICT (source) DO UPDATE SET next = excluded.next, mark = excluded.mark, updated_at = clock_timestamp()
    WHERE excluded.next > known.next OR known.source = ANY ($${first + 3})`;

export const PROGRESS = 'SELECT next, mark FROM touchline.progress WHERE source = $1';

/** @param row of PROGRESS, as text */
export function progressOf(
  source: string,
  row: readonly (string | null)[] | undefined,
): Progress | undefined {
  if (!row) return undefined;
  const [next, mark] = row;
  return { source, next: BigInt(next ?? 0), ...(mark != null && { mark }) };
}

/** One a source: a statement may change a row only once. */
export function furthest(moves: readonly Progress[]): Progress[] {
  const bySource = new Map<string, Progress>();
  for (const move of moves) {
    const known = bySource.get(move.source);
    if (!known || move.restarted || move.next > known.next)
      bySource.set(move.source, known?.restarted ? { ...move, restarted: true } : move);
  }
  return [...bySource.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
}

export const moveParameters = (moves: readonly Progress[]): unknown[] => [
  moves.map(({ source }) => source),
  moves.map(({ next }) => next.toString()),
  moves.map(({ mark }) => mark ?? null),
  moves.flatMap(({ source, restarted }) => (restarted ? [source] : [])),
];
