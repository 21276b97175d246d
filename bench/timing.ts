/** So many answers are measured. */
export const TIMES = 5;

/** In seconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

/** Of some times, since other programs only make it slower; in seconds. */
export async function fastest(work: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let nr = 0; nr < TIMES; nr += 1) least = Math.min(least, await timed(work));
  return least;
}
