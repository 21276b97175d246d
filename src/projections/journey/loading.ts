/**
 * Work that waits only where something has to be read: it yields what it waits for. Most events wait for nothing, and
 * an async function would cost each of them promises and turns of the microtask queue.
 */
export type Loading<T = void> = Generator<Promise<void>, T, void>;

/** Runs work to its end: at once, if it waits for nothing. */
export function run<T>(work: Loading<T>): T | Promise<T> {
  const step = work.next();
  return step.done ? step.value : runAfter(work, step.value);
}

async function runAfter<T>(work: Loading<T>, first: Promise<void>): Promise<T> {
  await first;
  for (let step = work.next(); ; step = work.next()) {
    if (step.done) return step.value;
    await step.value;
  }
}
