import { setFlagsFromString } from 'node:v8';
import { readConfig } from '../config.js';
import { createLogger } from '../logger.js';
import { type PreparedWorkspaces, prepareWorkspaces } from '../prepare.js';
import { stopOnSignals, fail } from '../process.js';
import { startServer } from '../server.js';
import { welcome } from '../welcome.js';

/** Serves until it is stopped; ends the process in any case. */
export async function serve(): Promise<void> {
  try {
    const config = readConfig(process.env);
    if (!config.roles.has('project')) growHeapBy(60);
    const log = createLogger();
    let prepared: PreparedWorkspaces | undefined;
    const starting = startServer(config, log, async (runtime) => {
      prepared = await prepareWorkspaces(runtime, log);
    });
    // A request to stop during the start waits for the start to end.
    stopOnSignals(async () => (await starting).stop(), log);
    const { url, runtime } = await starting;
    // For bin/supervise.mjs: from now on a death is worth another start.
    process.send?.('serving');
    if (prepared) console.log(await welcome(url, runtime, prepared));
  } catch (error) {
    fail(error);
  }
}

/**
 * How much may come beside what a full collection left before the next one, in percent of it. V8 would collect more often: a
 * collector takes a tenth more events for 20 MB. With a second heap, that of projections, it brings little (docs/performance.md).
 */
const growHeapBy = (percent: number): void => {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
};
