import type { View } from './read-models.js';

type Results<Works extends readonly ((view: never) => Promise<unknown>)[]> = {
  -readonly [K in keyof Works]: Awaited<ReturnType<Works[K]>>;
};

/**
 * Runs independent queries of one request, each on the next free one of two connections that see the same rows; one after the other
 * while no second connection is free. The longest should come first.
 *
 * @throws what the first of them that fails throws, once nothing runs any more
 */
export async function runAtOnce<
  V extends View,
  const Works extends readonly ((view: V) => Promise<unknown>)[],
>(view: V, works: Works): Promise<Results<Works>> {
  const results: unknown[] = [];
  const waiting = [...works.entries()];
  const lane = async (own: V): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, work] = next;
      results[index] = await work(own).catch((error: unknown) => {
        waiting.length = 0;
        throw error;
      });
    }
  };
  const second = works.length > 1 ? view.beside((own) => lane({ ...view, ...own })) : undefined;
  for (const outcome of await Promise.allSettled([lane(view), second]))
    if (outcome.status === 'rejected') throw outcome.reason;
  return results as Results<Works>;
}
