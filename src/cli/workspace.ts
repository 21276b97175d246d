import { addWorkspace, prepareWorkspaces } from '../prepare.js';
import { biUrl } from '../welcome.js';
import { Workspaces } from '../workspaces/workspaces.js';
import { printKeys } from './keys.js';
import { withRuntime } from './with-runtime.js';

/** `workspace add NAME` @throws Refused `workspace-exists`, `workspace-name-invalid` */
export function addWorkspaceNamed(name: string): Promise<void> {
  return withRuntime(async (runtime, log) => {
    // On a data folder no server ever used, `main` comes first and its keys are kept, as at a first start.
    await prepareWorkspaces(runtime, log);
    const { keys, bi } = await addWorkspace(runtime, name, log);
    console.log(`Workspace "${name}" was created. Its keys, shown only once:`);
    printKeys(keys);
    if (bi?.password) console.log(`BI login    ${biUrl(runtime.databaseUrl, bi.role, bi.password)}`);
  });
}

/** `workspace list` */
export function listWorkspaces(): Promise<void> {
  return withRuntime(async ({ configuration }) => {
    for (const { slug } of await new Workspaces(configuration).all()) console.log(slug);
  });
}
