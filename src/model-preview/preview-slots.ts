import { Problem } from '../http/problem.js';

/** Previews of a process at a time: each keeps a processor and a connection busy. */
const MOST = 2;

/** Lets one preview of each workspace run at a time. */
export class PreviewSlots {
  readonly #running = new Set<string>();

  /**
   * @returns what ends it; calling it again does nothing
   * @throws Problem 429 one of the workspace is running, 503 too many of others are
   */
  enter(workspace: string): () => void {
    if (this.#running.has(workspace))
      throw new Problem(
        429,
        'preview-running',
        'A preview of this workspace is running; wait until it ends, or close its connection',
        [],
        { 'retry-after': '10' },
      );
    if (this.#running.size >= MOST)
      throw new Problem(503, 'previews-busy', 'Other previews are running; try again later', [], {
        'retry-after': '30',
      });
    this.#running.add(workspace);
    let isRunning = true;
    return () => {
      if (isRunning) this.#running.delete(workspace);
      isRunning = false;
    };
  }
}
