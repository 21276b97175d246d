import { fail } from '../process.js';
import { demo } from './demo/demo.js';
import { docs } from './docs.js';
import { addKeys, limitKey, listKeys, revokeKey } from './keys.js';
import { type Arguments, readArguments } from './options.js';
import { rebuild, retryDeadLetters } from './rebuild.js';
import { serve } from './serve.js';
import { addWorkspaceNamed, listWorkspaces } from './workspace.js';

interface Command {
  readonly words: readonly string[];
  /** In brackets: may be left out (`readArguments`). */
  readonly args: readonly string[];
  readonly what: string;
  readonly run: (given: Arguments) => Promise<void>;
}

/** Every command there is; settings come from the environment, as for the server. */
const COMMANDS: readonly Command[] = [
  { words: ['serve'], args: [], what: 'run the server, as `npm start` does', run: () => serve() },
  {
    words: ['workspace', 'add'],
    args: ['NAME'],
    what: 'make a workspace with keys of its own and print them once',
    run: ({ plain: [name] }) => addWorkspaceNamed(name),
  },
  { words: ['workspace', 'list'], args: [], what: 'list the workspaces', run: () => listWorkspaces() },
  {
    words: ['keys', 'add'],
    args: ['WORKSPACE', '[--scope public|server]'],
    what: 'make one more key of each kind, or a write key of one scope, and print them once',
    run: ({ plain: [workspace], options }) => addKeys(workspace, options),
  },
  {
    words: ['keys', 'list'],
    args: ['[WORKSPACE]'],
    what: 'list keys by their first characters, revoked ones too',
    run: ({ plain: [workspace] }) => listKeys(workspace),
  },
  {
    words: ['keys', 'limit'],
    args: ['PREFIX', '[--events N]', '[--requests N]'],
    what: 'set what a write key may send a second; N may be "default"',
    run: ({ plain: [prefix], options }) => limitKey(prefix, options),
  },
  {
    words: ['keys', 'revoke'],
    args: ['PREFIX', '[--force]'],
    what: 'end a key, named by its first characters, for good',
    run: ({ plain: [prefix], options }) => revokeKey(prefix, options),
  },
  {
    words: ['rebuild'],
    args: ['PROJECTION', '[--no-wait]'],
    what: 'rebuild a read model from the log, and wait until it is done',
    run: ({ plain: [name], options }) => rebuild(name, options['no-wait'] !== true),
  },
  {
    words: ['retry'],
    args: ['PROJECTION', '[WORKSPACE]'],
    what: 'apply the parked events of a read model again',
    run: ({ plain: [name, workspace] }) => retryDeadLetters(name, workspace),
  },
];

/** Takes an option, which it reads itself. */
const DEMO = {
  words: ['demo'],
  args: ['[--people N]'],
  what: 'send half a year of a made-up company to the running server',
};

const usage = (): string => {
  const lines = [...COMMANDS, DEMO].map(
    ({ words, args, what }) => [[...words, ...args].join(' '), what] as const,
  );
  const width = Math.max(...lines.map(([call]) => call.length));
  return [
    'Usage: npx touchline COMMAND',
    '',
    ...lines.map(([call, what]) => `  ${call.padEnd(width)}  ${what}`),
  ].join('\n');
};

/** Runs the command the words name. @returns the exit code */
async function main(words: readonly string[]): Promise<number> {
  if (words.length === 0 || ['help', '--help', '-h'].includes(words[0] ?? '')) {
    console.log(usage());
    return words.length === 0 ? 2 : 0;
  }
  if (words[0] === 'docs') return docs(words.includes('--check'));
  if (words[0] === 'demo') return demo(words.slice(1));
  const command = COMMANDS.find((one) => one.words.every((word, index) => words[index] === word));
  if (!command) return misused(`no command "${words.join(' ')}"`);
  const given = readArguments(words.slice(command.words.length), command.args);
  if (!given)
    return misused(`"${command.words.join(' ')}" takes ${command.args.join(' ') || 'no arguments'}`);
  await command.run(given);
  return 0;
}

function misused(how: string): number {
  console.error(`touchline: ${how}\n\n${usage()}`);
  return 2;
}

try {
  const code = await main(process.argv.slice(2));
  if (code !== 0) process.exit(code);
} catch (error) {
  fail(error);
}
