import { FindAttribution, FORMATS } from '../attribution.js';
import type { EntityTag } from '../entity-tag.js';
import { Params, type RawParams } from '../params.js';
import type { SavedReport } from './saved-reports.js';

/** What a request for a saved report may add to it. */
const ADDED = ['format', 'limit', 'cursor', 'asOf', 'minPosition'] as const;

/** `rep_1.csv` is the report `rep_1` as CSV. */
export function addressOf(path: string): { readonly id: string; readonly format: string | undefined } {
  const dot = path.indexOf('.');
  return dot === -1
    ? { id: path, format: undefined }
    : { id: path.slice(0, dot), format: path.slice(dot + 1) };
}

/** The format that a report was saved with. */
export function savedFormat({ parameters }: Pick<SavedReport, 'parameters'>): RawParams {
  const { format } = parameters;
  return format === undefined ? {} : { format };
}

/** The parameters of a request, with the format that ends its address. @throws Problem 400 */
export function addedTo(given: RawParams, extension: string | undefined): RawParams {
  const params = new Params(given, ADDED);
  if (extension !== undefined) {
    if (!FORMATS.some((format) => format === extension))
      params.fault(
        'format-unknown',
        'format',
        `"${extension}" is unknown; allowed are ${FORMATS.join(', ')}`,
      );
    if (given['format'] !== undefined && given['format'] !== extension)
      params.fault('format-contradictory', 'format', 'is another than that of the address; omit one of them');
  }
  params.check();
  return extension === undefined ? given : { ...given, format: extension };
}

/** The report with its saved parameters. @throws Problem 400 naming every parameter at fault */
export function savedQuery(
  workspace: string,
  saved: Pick<SavedReport, 'parameters' | 'asOf'>,
  given: RawParams,
  tag: EntityTag,
): FindAttribution {
  const params = new Params(given, ADDED);
  if (saved.asOf !== null && given['asOf'] !== undefined && given['asOf'] !== saved.asOf)
    params.fault('as-of-saved', 'asOf', `is ${saved.asOf} in this report for ever; omit it`);
  params.check();
  return new FindAttribution(
    workspace,
    { ...saved.parameters, ...given, ...(saved.asOf !== null && { asOf: saved.asOf }) },
    tag,
  );
}
