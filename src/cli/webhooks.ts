import { Refused } from '../domain/refused.js';
import { WebhookEndpoints } from '../webhooks/endpoints.js';
import type { MessageType } from '../webhooks/message.js';
import { WebhookSetup } from '../webhooks/webhook-setup.js';
import { messageSender } from '../webhooks/webhooks.module.js';
import { FIRST_WORKSPACE } from '../workspaces/first-workspace.js';
import { SecretBox } from '../workspaces/secret-box.js';
import { Workspaces } from '../workspaces/workspaces.js';
import type { InWorkspace } from './collectors.js';
import { table } from './text-table.js';
import { withRuntime } from './with-runtime.js';

/** Does the work with the webhooks of a workspace. @throws Refused `workspace-not-found` */
function withSetup(
  { workspace = FIRST_WORKSPACE }: InWorkspace,
  work: (setup: WebhookSetup, workspace: string) => Promise<void>,
): Promise<void> {
  return withRuntime(async ({ configuration, pool, store, config }) => {
    if (!(await new Workspaces(configuration).find(workspace)))
      throw new Refused(
        'workspace-not-found',
        `The workspace "${workspace}" does not exist; \`npx touchline workspace list\` lists all`,
      );
    const endpoints = new WebhookEndpoints(pool, store, new SecretBox(config.secretKeys, config.dataDir));
    const sender = messageSender(config);
    try {
      await work(new WebhookSetup(endpoints, sender, pool, config), workspace);
    } finally {
      sender.close();
    }
  });
}

/** `webhook list` */
export const listWebhooks = (options: InWorkspace): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    const rows = (await setup.endpoints.list(workspace)).map((each) => [
      ...[each.id, each.enabled ? 'enabled' : `disabled (${each.disabledReason})`],
      ...[each.eventTypes.length > 0 ? each.eventTypes.join(' ') : 'all', each.url],
    ]);
    console.log(table(['ID', 'STATE', 'TYPES', 'URL'], rows));
  });

/** `webhook add URL [--types a,b] [--description TEXT]` */
export const addWebhook = (
  url: string,
  { types, description, ...options }: InWorkspace & { types?: string; description?: string },
): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    const eventTypes = types?.split(',').map((type) => type.trim() as MessageType) ?? [];
    const body = { url, eventTypes, ...(description !== undefined && { description }) };
    const { endpoint, secret } = await setup.create(workspace, body);
    console.log(`Webhook ${endpoint.id} was added. Its secret is shown only once:\n${secret}`);
  });

/** `webhook enable ID`, `webhook disable ID` */
export const enableWebhook = (id: string, enabled: boolean, options: InWorkspace): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    await setup.change(workspace, id, { enabled });
    console.log(`Webhook ${id} is ${enabled ? 'enabled' : 'disabled'}.`);
  });

/** `webhook remove ID` */
export const removeWebhook = (id: string, options: InWorkspace): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    await setup.endpoints.remove(workspace, id);
    console.log(`Webhook ${id} was removed with its deliveries.`);
  });

/** `webhook rotate-secret ID [--overlap HOURS]` */
export const rotateWebhookSecret = (
  id: string,
  { overlap, ...options }: InWorkspace & { overlap?: string },
): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    const body = overlap === undefined ? {} : { overlapHours: Number(overlap) };
    const { secret } = await setup.rotateSecret(workspace, id, body);
    console.log(`New secret of webhook ${id}, shown only once:\n${secret}`);
  });

/** `webhook test ID` @returns the exit code */
export async function testWebhook(id: string, options: InWorkspace): Promise<number> {
  let code = 0;
  await withSetup(options, async (setup, workspace) => {
    const { delivered, status, error } = await setup.test(workspace, id);
    console.log(delivered ? `Delivered: ${status}` : `Not delivered: ${error}`);
    code = delivered ? 0 : 1;
  });
  return code;
}

/** `webhook replay ID (--delivery ID | --since TIME [--all])` */
export const replayWebhook = (
  id: string,
  { delivery, since, all, ...options }: InWorkspace & { delivery?: string; since?: string; all?: boolean },
): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    const states = all ? { states: ['dead', 'delivered'] } : {};
    const body = {
      ...(delivery !== undefined && { delivery }),
      ...(since !== undefined && { since }),
      ...states,
    };
    const { replayed } = await setup.replay(workspace, id, body);
    console.log(`${replayed} deliveries are sent again.`);
  });
