import { readConfig } from '../config.js';
import { createLogger } from '../logger.js';
import { endOnSignals, fail } from '../process.js';
import { startServer } from '../server.js';
import { welcome } from '../welcome.js';
import type { FirstWorkspace } from '../workspaces/first-workspace.js';
import { prepareWorkspaces } from '../workspaces/prepare.js';

/** Serves until it is told to stop; ends the process in any case. */
export async function serve(): Promise<void> {
  try {
    const config = readConfig(process.env);
    const log = createLogger();
    let first: FirstWorkspace | undefined;
    const starting = startServer(config, log, async (runtime) => {
      first = await prepareWorkspaces(runtime, log);
    });
    // A wish to stop that comes while it starts waits for the start to end.
    endOnSignals(async () => (await starting).stop(), log);
    const { url } = await starting;
    if (first) console.log(welcome(url, config, first));
  } catch (error) {
    fail(error);
  }
}
