import { readConfig } from '../config.js';
import { createLogger } from '../logger.js';
import { type Prepared, prepareWorkspaces } from '../prepare.js';
import { endOnSignals, fail } from '../process.js';
import { startServer } from '../server.js';
import { welcome } from '../welcome.js';

/** Serves until it is told to stop; ends the process in any case. */
export async function serve(): Promise<void> {
  try {
    const config = readConfig(process.env);
    const log = createLogger();
    let prepared: Prepared | undefined;
    const starting = startServer(config, log, async (runtime) => {
      prepared = await prepareWorkspaces(runtime, log);
    });
    // A wish to stop that comes while it starts waits for the start to end.
    endOnSignals(async () => (await starting).stop(), log);
    const { url, runtime } = await starting;
    if (prepared) console.log(await welcome(url, runtime, prepared));
  } catch (error) {
    fail(error);
  }
}
