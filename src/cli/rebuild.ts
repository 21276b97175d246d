import { registered, UNUSED_SINK } from '../registered.js';
import { countDeadLetters } from '../subscriptions/dead-letters.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import type { OpenRuntime } from '../runtime.js';
import { projections } from '../projections/all.js';
import { isRunSomewhere } from '../subscriptions/lease-owner.js';
import { followRebuild } from './rebuild-progress.js';
import { withRuntime } from './with-runtime.js';

/**
 * `rebuild NAME [--workspace NAME] [--no-wait]`: a running server does it at once, else the next one at its start. Waits until
 * it is done.
 *
 * @throws Refused as `SubscriptionRunner.rebuild`; Error when it cannot go on
 */
export function rebuild(
  name: string,
  { wait, workspace }: { readonly wait: boolean; readonly workspace?: string },
): Promise<void> {
  const ofWorkspace = workspace === undefined ? '' : ` of workspace ${workspace}`;
  return withRuntime(async (runtime) => {
    const { pool } = runtime;
    const names = await runnerOf(runtime).rebuild(name, workspace);
    console.log(`Rebuilding ${names.join(', ')}${ofWorkspace}`);
    const followed = names.filter((one) => projections.some((projection) => projection.name === one));
    if (!wait || followed.length === 0) return;
    if (!(await isRunSomewhere(pool, projections))) {
      console.log('No server with the role "project" is running; the next one does it');
      return;
    }
    const rebuilt = await followRebuild(pool, followed);
    console.log(`Rebuilt ${followed.join(', ')}${ofWorkspace}`);
    for (const { name, comparison } of rebuilt)
      if (comparison?.isSame === false)
        console.error(`${name}: the same version made other rows than before, see GET /api/projections`);
  });
}

/** `retry NAME [WORKSPACE]`: as `POST /api/projections/{name}/dead-letters/retry`. @throws Refused `projection-not-found` */
export function retryDeadLetters(name = '', workspace?: string): Promise<void> {
  return withRuntime(async (runtime) => {
    const tried = await runnerOf(runtime).retryDeadLetters(name, workspace);
    const left = (await countDeadLetters(runtime.pool, workspace)).get(name) ?? 0;
    console.log(`Retried ${tried} dead letters; ${left} are left`);
  });
}

/** Of reactors the command only asks it: whoever has the role `react` does it. */
function runnerOf({ pool, store, config }: OpenRuntime): SubscriptionRunner {
  const subscriptions = registered(config.kafka && UNUSED_SINK);
  return new SubscriptionRunner({ pool, store, subscriptions, runs: projections });
}
