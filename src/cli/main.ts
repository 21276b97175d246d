import { Command, CommanderError } from 'commander';
import { fail } from '../process.js';
import type { ComputeOptions } from './attribution.js';
import type { InWorkspace } from './collectors.js';
import { callOf, leavesOf, refuseUnknown } from './help.js';
import { DEFAULT_COLLECTOR } from './import/default-collector.js';
import type { ImportOptions } from './import/import.js';
import { addModelCommands } from './model-commands.js';
import { addWebhookCommands } from './webhook-commands.js';

/** As shells report it when a command was called wrongly. */
const USAGE_ERROR = 2;

// Each command loads what it needs: all of it together takes a second.
const collectors = () => import('./collectors.js');
const keysOf = () => import('./keys.js');
const rebuilds = () => import('./rebuild.js');
const workspaces = () => import('./workspace.js');

/** Settings come from the environment, as for the server. */
const program = new Command('npx touchline')
  .usage('COMMAND')
  .configureHelp({ visibleCommands: leavesOf, subcommandTerm: callOf })
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'touchline: ')) })
  .showHelpAfterError()
  .exitOverride();

program
  .command('serve')
  .description('run the server, as `npm start` does')
  .action(async () => (await import('./serve.js')).serve());

const workspace = group('workspace', 'manage workspaces, each with its own keys and data');
workspace
  .command('add')
  .argument('<NAME>')
  .description('create a workspace and print its keys once')
  .action(async (name: string) => (await workspaces()).addWorkspaceNamed(name));
workspace
  .command('list')
  .description('list the workspaces')
  .action(async () => (await workspaces()).listWorkspaces());

const IN_WORKSPACE = ['--workspace <NAME>', 'workspace of the collector (default: main)'] as const;
const collector = group('collector', 'manage collectors: formats, keys, secrets and mappings');
collector
  .command('list')
  .option(...IN_WORKSPACE)
  .description('list the collectors of a workspace')
  .action(async (options: InWorkspace) => (await collectors()).listCollectors(options));
collector
  .command('show')
  .argument('<NAME>')
  .option(...IN_WORKSPACE)
  .description('print a collector as JSON')
  .action(async (name: string, options: InWorkspace) => (await collectors()).showCollector(name, options));
collector
  .command('add')
  .argument('<NAME>')
  .option(...IN_WORKSPACE)
  .option('--format <FORMAT>', 'wire format, such as segment or sendgrid')
  .option('--file <FILE>', 'JSON with settings, mapping, secrets')
  .description('add a collector and print its keys once')
  .action(async (name: string, options: InWorkspace & { format?: string; file?: string }) =>
    (await collectors()).addCollector(name, options),
  );
collector
  .command('change')
  .argument('<NAME>')
  .requiredOption('--file <FILE>', 'JSON with format, settings or mapping')
  .option(...IN_WORKSPACE)
  .description('replace format, settings or mapping of a collector')
  .action(async (name: string, options: InWorkspace & { file: string }) =>
    (await collectors()).changeCollector(name, options),
  );
collector
  .command('try')
  .argument('<NAME>')
  .requiredOption('--file <FILE>', 'JSON with a mapping')
  .option(...IN_WORKSPACE)
  .description('show what a mapping would change in the last items received')
  .action(async (name: string, options: InWorkspace & { file: string }) =>
    (await collectors()).tryMapping(name, options),
  );
collector
  .command('key')
  .argument('<NAME>')
  .option(...IN_WORKSPACE)
  .option('--scope <public|server>', 'scope of the key (default: server)')
  .option('--overlap <HOURS>', 'let the other keys of the scope expire after this time')
  .description('make a write key for a collector, or rotate it with overlap')
  .action(async (name: string, options: InWorkspace & { scope?: string; overlap?: string }) =>
    (await collectors()).rotateKey(name, options),
  );
collector
  .command('revoke')
  .argument('<NAME>')
  .argument('<PREFIX>')
  .option(...IN_WORKSPACE)
  .description('revoke a write key of a collector permanently')
  .action(async (name: string, prefix: string, options: InWorkspace) =>
    (await collectors()).revokeCollectorKey(name, prefix, options),
  );
collector
  .command('secret')
  .argument('<NAME>')
  .option(...IN_WORKSPACE)
  .option('--file <FILE>', 'file with the secret, - for standard input; without it one is made')
  .option('--overlap <HOURS>', 'let the other secrets expire after this time')
  .description('add a signing secret to a collector')
  .action(async (name: string, options: InWorkspace & { file?: string; overlap?: string }) =>
    (await collectors()).addSecret(name, options),
  );
collector
  .command('remove-secret')
  .argument('<NAME>')
  .argument('<ID>')
  .option(...IN_WORKSPACE)
  .description('remove a signing secret of a collector')
  .action(async (name: string, id: string, options: InWorkspace) =>
    (await collectors()).removeSecret(name, id, options),
  );

addModelCommands(group('model', 'check, preview and publish the journey model'), exitWith);

addWebhookCommands(group('webhook', 'manage webhooks, which send what happens to leads'), exitWith);

const keys = group('keys', 'manage write keys and API keys');
keys
  .command('add')
  .argument('<WORKSPACE>')
  .option('--scope <public|server>', 'create only a write key of this scope')
  .description('create a key of each kind, or one write key, and print them once')
  .action(async (name: string, options: { scope?: string }) => (await keysOf()).addKeys(name, options));
keys
  .command('list')
  .argument('[WORKSPACE]')
  .description('list keys by their first characters, including revoked ones')
  .action(async (name?: string) => (await keysOf()).listKeys(name));
keys
  .command('limit')
  .argument('<PREFIX>')
  .option('--events <N>', 'events per second, or "default"')
  .option('--requests <N>', 'requests per second, or "default"')
  .description('set the rate limits of a write key')
  .action(async (prefix: string, options: { events?: string; requests?: string }) =>
    (await keysOf()).limitKey(prefix, options),
  );
keys
  .command('revoke')
  .argument('<PREFIX>')
  .option('--force', 'revoke even the last key of its kind')
  .description('revoke the key with these first characters permanently')
  .action(async (prefix: string, options: { force?: boolean }) =>
    (await keysOf()).revokeKey(prefix, options),
  );

group('attribution', 'compute attribution models for schema bi')
  .command('compute')
  .option('--workspace <NAME>', 'workspace of the opportunities (default: main)')
  .option('--order <1|2|3>', 'of markov: touches that the next one depends on (default: 1)')
  .option('--worth <conversions|revenue>', 'of shapley: what a path is worth (default: conversions)')
  .description('compute markov and shapley by channel and month for bi.channel_attribution')
  .action(async (options: ComputeOptions) => (await import('./attribution.js')).computeChannels(options));

program
  .command('rebuild')
  .argument('<PROJECTION>')
  .option('--workspace <NAME>', 'only the rows of this workspace')
  .option('--no-wait', 'only ask for it')
  .description('rebuild a read model from the log, and wait until it is done')
  .action(async (name: string, options: { wait: boolean; workspace?: string }) =>
    (await rebuilds()).rebuild(name, options),
  );
program
  .command('retry')
  .argument('<PROJECTION>')
  .argument('[WORKSPACE]')
  .description('apply the dead letters of a read model again')
  .action(async (name: string, slug?: string) => (await rebuilds()).retryDeadLetters(name, slug));

program
  .command('import')
  .argument('<FILE...>')
  .option(
    '--format <native|segment|snowplow|csv>',
    'what the files hold; by default found out from their first rows',
  )
  .option('--workspace <NAME>', 'where to', 'main')
  .option('--collector <NAME>', 'the collector that the events name', DEFAULT_COLLECTOR)
  .option(
    '--type <touchpoints|contacts|opportunities|investments|contents|campaigns>',
    'what the rows of a CSV file are',
  )
  .option('--mapping <FILE>', 'JSON or YAML: the field of each column of a CSV file')
  .option('--encoding <NAME>', 'of text that is not UTF-8, e.g. windows-1252')
  .option('--dry-run', 'read and check everything, and import nothing')
  .option('--restart', 'read files from their start, whatever was imported before')
  .option('--report <FILE>', 'CSV for each row of a list of people in which something was found')
  .description('import files, folders or "-" (standard input), plain or compressed by gzip or Zstandard')
  .action(async (files: string[], options: ImportOptions) =>
    exitWith(await (await import('./import/import.js')).importFiles(files, options)),
  );

program
  .command('demo')
  .option('--people <N>', 'number of people, from 10 to 100000')
  .description('send half a year of data of a fictitious company to the running server')
  .action(async (options: { people?: string }) =>
    exitWith(await (await import('./demo/demo.js')).demo(options)),
  );

program
  .command('docs')
  .option('--check', 'write nothing; fail if a file is outdated')
  .description('write docs/read-models.md and the sources of dbt/ from the comments in the database')
  .action(async ({ check }: { check?: boolean }) =>
    exitWith(await (await import('./docs.js')).docs(check === true)),
  );

function group(name: string, description: string): Command {
  return refuseUnknown(program.command(name).usage('COMMAND').description(description));
}

function exitWith(code: number): void {
  if (code !== 0) process.exit(code);
}

try {
  await refuseUnknown(program).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) fail(error);
  process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR);
}
