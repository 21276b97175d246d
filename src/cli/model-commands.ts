import type { Command } from 'commander';
import type { InWorkspace } from './model.js';
import type { PreviewOptions } from './model-preview.js';

const models = () => import('./model.js');

const OF_MODEL = ['--workspace <NAME>', 'workspace of the model (default: main)'] as const;

/** @param exitWith ends the process, unless the code is 0 */
export function addModelCommands(model: Command, exitWith: (code: number) => void): void {
  model
    .command('validate')
    .argument('<FILE>')
    .option('--strict', 'fail also with warnings')
    .description('check a model, "-" for standard input, and print faults with line and column')
    .action(async (file: string, options: { strict?: boolean }) =>
      exitWith(await (await models()).validateModel(file, options)),
    );
  model
    .command('diff')
    .argument('<FILE>')
    .argument('[OTHER]')
    .option(...OF_MODEL)
    .description('print how a model differs from the one in effect, or two files; fails if they differ')
    .action(async (file: string, other: string | undefined, options: InWorkspace) =>
      exitWith(await (await models()).diffModels(file, other, options)),
    );
  model
    .command('preview')
    .argument('<FILE>')
    .option(...OF_MODEL)
    .option('--weeks <N>', 'count the qualified leads of so many weeks (default: 12)')
    .option('--leads <N>', 'list so many leads that come out otherwise (default: 10)')
    .option('--json', 'print the result as JSON')
    .description('compare a model with the one in effect on the whole history; nothing is written')
    .action(async (file: string, options: PreviewOptions) =>
      exitWith(await (await import('./model-preview.js')).previewFile(file, options)),
    );
  model
    .command('publish')
    .argument('<FILE>')
    .option(...OF_MODEL)
    .option('--by <NAME>', 'who publishes (default: the user of this shell)')
    .option('--expect <VERSION>', 'refuse if another version is in effect')
    .description('publish a model; everything derived is recomputed in the background')
    .action(async (file: string, options: InWorkspace & { by?: string; expect?: string }) =>
      exitWith(await (await models()).publishFile(file, options)),
    );
  model
    .command('history')
    .option(...OF_MODEL)
    .description('list the published versions, newest first')
    .action(async (options: InWorkspace) => (await models()).modelHistory(options));
  model
    .command('show')
    .option(...OF_MODEL)
    .option('--model-version <N>', 'an earlier version')
    .description('print the model in effect as YAML')
    .action(async (options: InWorkspace & { modelVersion?: string }) => (await models()).showModel(options));
}
