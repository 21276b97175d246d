import type { Argument, Command, Option } from 'commander';

/** The commands that do something, those of groups too: all are listed in one help. */
export const leavesOf = (command: Command): Command[] =>
  command.commands.flatMap((one) => (one.commands.length > 0 ? leavesOf(one) : [one]));

/** `keys add WORKSPACE [--scope <public|server>]` */
export const callOf = (command: Command): string =>
  [...pathOf(command), ...command.registeredArguments.map(placeOf), ...command.options.map(optionOf)].join(
    ' ',
  );

/** `keys add`, without the name of the program. */
export const pathOf = (command: Command): string[] =>
  command.parent ? [...pathOf(command.parent), command.name()] : [];

const placeOf = (argument: Argument): string =>
  argument.required ? argument.name() : `[${argument.name()}]`;
const optionOf = ({ flags }: Option): string => `[${flags}]`;

/** Names the command that does not exist, rather than an argument too many. */
export function refuseUnknown(command: Command): Command {
  return command.on('command:*', (words: string[]) =>
    command.error(`error: unknown command "${[...pathOf(command), ...words].join(' ')}"`),
  );
}
