import { parseArgs } from 'node:util';

/** What was said by `--name` (true) or `--name VALUE`. */
export type Options = Readonly<Record<string, string | boolean | undefined>>;

export interface Arguments {
  readonly plain: readonly string[];
  readonly options: Options;
}

/**
 * Reads the words after a command.
 *
 * @param takes its arguments as the usage shows them: `NAME`, `[NAME]` when it may be left out, `[--flag]`,
 *   `[--option VALUE]`
 * @returns undefined when the command does not take them
 */
export function readArguments(words: readonly string[], takes: readonly string[]): Arguments | undefined {
  const places = takes.filter((one) => !one.startsWith('[--'));
  const least = places.filter((one) => !one.startsWith('[')).length;
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: optionsOf(takes),
      allowPositionals: true,
    });
    const fits = positionals.length >= least && positionals.length <= places.length;
    return fits ? { plain: positionals, options: values } : undefined;
  } catch {
    return undefined;
  }
}

function optionsOf(takes: readonly string[]): Record<string, { type: 'string' | 'boolean' }> {
  const named = takes.flatMap((one) => {
    const [, name, value] = /^\[--([\w-]+)( .+)?\]$/.exec(one) ?? [];
    return name === undefined ? [] : [[name, { type: value === undefined ? 'boolean' : 'string' }] as const];
  });
  return Object.fromEntries(named);
}
