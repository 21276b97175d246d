import type { Command } from 'commander';
import type { InWorkspace } from './collectors.js';

const webhooks = () => import('./webhooks.js');

/** @param exit ends the process where the code is not 0 */
export function addWebhookCommands(group: Command, exit: (code: number) => void): void {
  const command = (name: string, description: string): Command =>
    group
      .command(name)
      .description(description)
      .option('--workspace <NAME>', 'workspace of the webhook (default: main)');
  command('list', 'list the webhooks of a workspace').action(async (options: InWorkspace) =>
    (await webhooks()).listWebhooks(options),
  );
  command('add', 'add a webhook and print its secret once')
    .argument('<URL>')
    .option('--types <LIST>', 'types of messages, separated by commas (default: all)')
    .option('--description <TEXT>', 'for people')
    .action(async (url: string, options: InWorkspace & { types?: string; description?: string }) =>
      (await webhooks()).addWebhook(url, options),
    );
  command('enable', 'send again to a webhook that was disabled')
    .argument('<ID>')
    .action(async (id: string, options: InWorkspace) => (await webhooks()).enableWebhook(id, true, options));
  command('disable', 'let the messages of a webhook wait')
    .argument('<ID>')
    .action(async (id: string, options: InWorkspace) => (await webhooks()).enableWebhook(id, false, options));
  command('remove', 'remove a webhook with its deliveries')
    .argument('<ID>')
    .action(async (id: string, options: InWorkspace) => (await webhooks()).removeWebhook(id, options));
  command('rotate-secret', 'make a new secret and print it once')
    .argument('<ID>')
    .option('--overlap <HOURS>', 'how long the others go on signing (default: 24)')
    .action(async (id: string, options: InWorkspace & { overlap?: string }) =>
      (await webhooks()).rotateWebhookSecret(id, options),
    );
  command('test', 'send a message of the type webhook.test')
    .argument('<ID>')
    .action(async (id: string, options: InWorkspace) =>
      exit(await (await webhooks()).testWebhook(id, options)),
    );
  command('replay', 'send deliveries that are over again')
    .argument('<ID>')
    .option('--delivery <ID>', 'one delivery')
    .option('--since <TIME>', 'dead ones queued since then, such as 2026-03-01T00:00:00Z')
    .option('--all', 'with --since: delivered ones too')
    .action(async (id: string, options: InWorkspace & { delivery?: string; since?: string; all?: boolean }) =>
      (await webhooks()).replayWebhook(id, options),
    );
}
