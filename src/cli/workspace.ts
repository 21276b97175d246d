import { addWorkspace, prepareWorkspaces } from '../prepare.js';
import { biUrl } from '../welcome.js';
import { type Keys, makeKeys, Workspaces } from '../workspaces/workspaces.js';
import { withRuntime } from './with-runtime.js';

/** `workspace add NAME` @throws Refused `workspace-exists`, `workspace-name-invalid` */
export function addWorkspaceNamed(name = ''): Promise<void> {
  return withRuntime(async (runtime, log) => {
    // On a data folder no server ever used, `main` comes first and its keys are kept, as at a first start.
    await prepareWorkspaces(runtime, log);
    const { keys, bi } = await addWorkspace(runtime, name, log);
    console.log(`Workspace "${name}" is there. Its keys, shown this once:`);
    printKeys(keys);
    if (bi?.password) console.log(`BI login   ${biUrl(runtime.databaseUrl, bi.role, bi.password)}`);
  });
}

/** `workspace list` */
export function listWorkspaces(): Promise<void> {
  return withRuntime(async ({ configuration }) => {
    for (const { slug } of await new Workspaces(configuration).all()) console.log(slug);
  });
}

/** `keys add NAME` @throws Refused `workspace-not-found` */
export function addKeys(name = ''): Promise<void> {
  return withRuntime(async ({ configuration }) => {
    const keys = makeKeys();
    await new Workspaces(configuration).allow(name, keys);
    console.log(`Further keys of workspace "${name}", shown this once; the others stay valid:`);
    printKeys(keys);
  });
}

function printKeys({ writeKey, apiKey }: Keys): void {
  console.log(`Write key  ${writeKey}\nAPI key    ${apiKey}`);
}
