import { expect, test } from '@jest/globals';
import { runBuilt } from './command.js';

const touchline = (...args: string[]) => runBuilt('cli/main.js', args, {});

test('npx touchline --help lists every command with its arguments and options', async () => {
  const { code, out, error } = await touchline('--help');
  expect([code, error]).toEqual([0, '']);
  for (const call of [
    'serve',
    'workspace add NAME',
    'keys add WORKSPACE [--scope <public|server>]',
    'keys revoke PREFIX [--force]',
    'attribution compute [--workspace <NAME>] [--order <1|2|3>] [--worth <conversions|revenue>]',
    'retry PROJECTION [WORKSPACE]',
    'model validate FILE [--strict]',
    'model diff FILE [OTHER] [--workspace <NAME>]',
    'model publish FILE [--workspace <NAME>] [--by <NAME>] [--expect <VERSION>]',
    'model history [--workspace <NAME>]',
    'model show [--workspace <NAME>] [--model-version <N>]',
  ])
    expect(out).toContain(`\n  ${call} `);
});

test('npx touchline without a command shows its usage and fails', async () => {
  expect(await touchline()).toEqual({
    code: 2,
    out: '',
    error: expect.stringContaining('Usage: npx touchline'),
  });
});

test.each([
  ['an unknown command', 'dance', 'unknown command "dance"'],
  ['an unknown command of a group', 'keys dance', 'unknown command "keys dance"'],
  ['a missing argument', 'keys add', "missing required argument 'WORKSPACE'"],
  ['an argument too many', 'workspace list all', "too many arguments for 'list'"],
  ['an unknown option', 'keys add main --scop server', "unknown option '--scop'"],
  [
    'an option without its value',
    'keys add main --scope',
    "option '--scope <public|server>' argument missing",
  ],
])('npx touchline reports %s as a usage error', async (_, line, message) => {
  const { code, out, error } = await touchline(...line.split(' '));
  expect([code, out]).toEqual([2, '']);
  expect(error).toContain(`touchline: ${message}`);
  expect(error).toContain('\nUsage: npx touchline ');
});
