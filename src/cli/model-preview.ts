import type pg from 'pg';
import type { Proportion } from '../domain/calibration.js';
import type { Position } from '../domain/events.js';
import { type ChangedLead, CHANGES, type ModelOutcome } from '../domain/model-comparison.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import { Refused } from '../domain/refused.js';
import { previewModel, type PreviewRequest, type PreviewResult } from '../model-preview/preview-model.js';
import { FIRST_WORKSPACE } from '../workspaces/first-workspace.js';
import { ImportProgress } from './import/progress-bar.js';
import { currentOf, type InWorkspace, readModel } from './model.js';
import { table } from './text-table.js';
import { withRuntime } from './with-runtime.js';

export interface PreviewOptions extends InWorkspace {
  readonly weeks?: string;
  readonly leads?: string;
  readonly json?: boolean;
}

/** `model preview FILE`: 0 compared, 1 invalid. */
export async function previewFile(file: string, options: PreviewOptions): Promise<number> {
  const { workspace = FIRST_WORKSPACE, json = false } = options;
  const read = await readModel(file);
  if (!read) return 1;
  const sizes = { weeks: numberOf('weeks', options.weeks, 12), leads: numberOf('leads', options.leads, 10) };
  const current = await currentOf({ workspace });
  if (!current) throw new Refused('model-not-found', 'No journey model is published to compare with');
  const candidate = JSON.parse(JSON.stringify(read.model)) as JourneyModel;
  await withRuntime(async ({ pool, store }) => {
    const asOf = await projectedUpTo(pool);
    const at = +((await store.readAt(asOf))?.recordedAt ?? new Date(0));
    const models = { current: current.document, candidate };
    const { result, leads } = await compare(pool, { workspace, asOf, at, ...models, ...sizes }, file);
    if (json) console.log(JSON.stringify({ asOf: String(asOf), modelVersion: current.version, ...result }));
    else print(result, leads, `${file} beside version ${current.version}, as of position ${asOf}`);
  });
  return 0;
}

function numberOf(name: string, given: string | undefined, byDefault: number): number {
  if (given === undefined) return byDefault;
  if (!/^\d{1,4}$/.test(given) || (name === 'weeks' && Number(given) === 0))
    throw new Refused(`${name}-invalid`, `--${name} ${given} is not a number from 1 to 9999`);
  return Number(given);
}

/** How far the read models are that a preview reads. */
async function projectedUpTo(pool: pg.Pool): Promise<Position> {
  const { rows } = await pool.query<{ position: string | null }>(
    `SELECT min(position) AS position FROM touchline.projection
     WHERE name IN ('journey', 'opportunities') AND is_live`,
  );
  return BigInt(rows[0]?.position ?? 0);
}

async function compare(
  pool: pg.Pool,
  request: PreviewRequest,
  file: string,
): Promise<{ result: PreviewResult; leads: readonly ChangedLead[] }> {
  const progress = new ImportProgress(file, 1_000, 0, 'touchpoints');
  const leads: ChangedLead[] = [];
  try {
    for await (const line of previewModel(pool, request, new AbortController().signal)) {
      if (line.type === 'result') return { result: line.result, leads };
      if (line.type === 'lead') leads.push(line.lead);
      else progress.show(line.progress.touchpoints, line.progress.share * 1_000);
    }
  } finally {
    progress.end();
  }
  throw new Error('the preview ended without a result');
}

function print(result: PreviewResult, leads: readonly ChangedLead[], title: string): void {
  const { current, candidate, changes } = result;
  const both = (name: string, of: (model: ModelOutcome) => string): string[] => [
    name,
    of(current),
    of(candidate),
  ];
  const parts = [
    `${title}: ${whole(result.leads)} leads, ${whole(result.touchpoints)} touchpoints`,
    table(
      ['', 'CURRENT', 'CANDIDATE'],
      [
        both('qualified leads', ({ qualifiedLeads }) => whole(qualifiedLeads)),
        both('  a week', ({ qualifiedPerWeek }) => decimal(qualifiedPerWeek, 1)),
        both('  of them won (precision)', ({ precision }) => share(precision)),
        both('won leads qualified before (recall)', ({ recall }) => share(recall)),
        both('area under the curve', ({ areaUnderCurve: area }) => (area === null ? '-' : decimal(area, 3))),
      ],
    ),
    table(
      ['LEADS THAT COME OUT OTHERWISE', whole(result.changedLeads)],
      [
        ...CHANGES.map((change) => [change, whole(changes[change])]),
        ['  would be qualified', whole(result.qualificationGained)],
        ['  would no longer be', whole(result.qualificationLost)],
      ],
    ),
    table(
      ['WEEK', 'CURRENT', 'CANDIDATE'],
      result.weeks.map((week) => [week.week, whole(week.current), whole(week.candidate)]),
    ),
    table(['DECILE OF SCORE', 'WON', 'LIFT', 'WON', 'LIFT'], decileRows(current, candidate)),
    ...(leads.length === 0 ? [] : [table(['LEAD', 'CURRENT', 'CANDIDATE'], leads.map(leadRow))]),
  ];
  console.log(parts.join('\n\n'));
}

const decileRows = (current: ModelOutcome, candidate: ModelOutcome): string[][] =>
  current.deciles.map((one, nth) => [
    String(one.decile),
    ...[one, candidate.deciles[nth]].flatMap((each) => [
      percent(each?.rate ?? null),
      each?.lift === null || each === undefined ? '-' : decimal(each.lift, 1),
    ]),
  ]);

function leadRow({ leadId, email, current, candidate }: ChangedLead): string[] {
  const words = ({ persona, stage, grade, score, qualifiedAt }: ChangedLead['current']): string =>
    [persona, stage, grade, String(score), qualifiedAt === null ? null : 'qualified']
      .map((part) => part ?? '-')
      .join(' ');
  return [email ?? leadId, words(current), words(candidate)];
}

const number = (digits: number) =>
  new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const whole = (value: number): string => number(0).format(value);
const decimal = (value: number, digits: number): string => number(digits).format(value);
const percent = (rate: number | null): string => (rate === null ? '-' : `${decimal(rate * 100, 1)} %`);
const share = ({ rate, low, high }: Proportion): string =>
  rate === null || low === null || high === null
    ? '-'
    : `${percent(rate)} (${decimal(low * 100, 1)}–${decimal(high * 100, 1)})`;
