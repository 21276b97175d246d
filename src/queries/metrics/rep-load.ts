import { slice } from '../attribution.js';
import { type CellNames, cellName, cellNames } from '../cell-names.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from '../page-request.js';
import { Params, type RawParams } from '../params.js';
import type { View } from '../read-models.js';
import { Enums, Integer, MaybeDecimal, MaybeText, MaybeTexts, NestedList, Text } from '../response-fields.js';
import { CutAnswer, cutsOf, resolveCuts } from './cut-request.js';
import type { OpenHandOffs } from './hand-offs.js';
import {
  inProcess,
  type InProcess,
  inProcessOf,
  LOAD_CUTS,
  type LoadCut,
  type LoadScope,
  sumsBy,
} from './in-process.js';
import { defineMetric } from './metric.js';

export class RepLoadItem {
  @Text('Recipient of leads, or owner of opportunities') rep!: string;
  @MaybeText('Value of the cut in `by`; null: there is none. With several cuts, `keys` as a JSON array')
  key!: string | null;
  @MaybeTexts('The value of each cut, in the order of `by`') keys!: (string | null)[];
  @Text('Name in the journey model, else the id; then the names of the cuts') label!: string;
  @MaybeText('rep, partner or distributor; null: not in the journey model') kind!: string | null;
  @Integer('Handed-off leads in process, of the cell') openLeads!: number;
  @Integer('Of these past due without a sales activity') rottenLeads!: number;
  @Integer('Open opportunities, of the cell') openOpportunities!: number;
  @Integer('openLeads + openOpportunities') inProcess!: number;
  @MaybeDecimal(
    'Most open leads of the rep at a time by the journey model, whatever the cuts; null: no limit',
  )
  capacity!: number | null;
  @MaybeDecimal('All open leads of the rep / capacity, whatever the cuts, six decimals; null: no limit')
  load!: number | null;
  @MaybeDecimal(
    'openLeads / capacity, six decimals: the part of the load that the cell takes; null: no limit',
  )
  capacityShare!: number | null;
}

class RepLoadAnswer extends CutAnswer {
  @Integer('Of all reps') openLeads!: number;
  @Integer('Of all reps; those without an owner are in no row') openOpportunities!: number;
  @Integer('Open opportunities without an owner') opportunitiesWithoutOwner!: number;
  @Enums('Cuts', LOAD_CUTS) by!: LoadCut[];
  @NestedList(
    'Reps with the highest load first, then most in process; of a rep most in process first',
    () => RepLoadItem,
  )
  rows!: RepLoadItem[];
}
export type { RepLoadAnswer };

interface Asked {
  readonly by: readonly LoadCut[];
  readonly segment: string | undefined;
  readonly request: PageRequest;
}

function parse(workspace: string, given: RawParams): Asked {
  const params = new Params(given, ['by', 'segment', ...PAGE_PARAMETERS]);
  return {
    by: params.someOf('by', LOAD_CUTS, 'cut') ?? [],
    segment: params.text('segment'),
    request: pageRequestOf(workspace, params, { name: 'rep-load', given, shapes: [/^\d{1,9}$/] }),
  };
}

async function find(view: View, asked: Asked): Promise<RepLoadAnswer> {
  const { by, segment, request } = asked;
  const { timeZone } = await resolveCuts(view, { from: undefined, to: undefined, segment });
  const { loads, totals } = await loadsOf(view, view.at, { timeZone, by, segment });
  const { page, next } = slice(request, view, loads);
  const names = await cellNames(view, by, page);
  return {
    asOf: String(view.asOf),
    modelVersion: view.modelVersion,
    openLeads: sumOf(totals, 'leads'),
    openOpportunities: sumOf(totals, 'opportunities'),
    opportunitiesWithoutOwner: sumOf(
      totals.filter(({ rep }) => rep === null),
      'opportunities',
    ),
    ...cutsOf(asked),
    rows: page.map((load) => named(load, by, names)),
    next,
  };
}

function named(load: RepLoadItem, by: readonly LoadCut[], names: CellNames): RepLoadItem {
  if (by.length === 0) return load;
  const { key, label } = cellName(load, by, names);
  return { ...load, key, label: `${load.label} | ${label}` };
}

const sumOf = (cells: readonly InProcess[], figure: 'leads' | 'opportunities'): number =>
  cells.reduce((sum, cell) => sum + cell[figure], 0);

const WHOLE: LoadScope = { timeZone: 'UTC', by: [], segment: undefined };

/**
 * What each recipient of leads and owner of opportunities has in process, the highest load first.
 *
 * @param open hand-offs by recipient
 */
export async function repLoads(view: View, open: readonly OpenHandOffs[]): Promise<readonly RepLoadItem[]> {
  const cells = await inProcessOf(view, WHOLE, open);
  return loadItems(view, { by: [], cells, reps: repsOf(cells) });
}

/** With cuts, `totals` has each opportunity and hand-off once, also where cells overlap. */
async function loadsOf(view: View, at: Date, scope: LoadScope) {
  const { by, segment } = scope;
  const cells = await inProcess(view, at, scope);
  const overlap = by.includes('segment');
  const whole = overlap || segment !== undefined ? await inProcess(view, at, WHOLE) : cells;
  const totals = !overlap
    ? cells
    : segment === undefined
      ? whole
      : await inProcess(view, at, { ...scope, by: [] });
  return { totals, loads: loadItems(view, { by, cells, reps: repsOf(whole) }) };
}

function repsOf(cells: readonly InProcess[]): Loads['reps'] {
  const owned = cells.filter(({ rep }) => rep !== null);
  return new Map(sumsBy(owned, ({ rep }) => rep ?? '').map((each) => [each.rep ?? '', each]));
}

interface Loads {
  readonly by: readonly LoadCut[];
  readonly cells: readonly InProcess[];
  /** All that each has, whatever the cuts. */
  readonly reps: ReadonlyMap<string, InProcess>;
}

function loadItems({ model }: View, { by, cells, reps }: Loads): RepLoadItem[] {
  const recipients = new Map(model?.data.document.routing?.recipients.map((each) => [each.id, each]));
  const idle =
    by.length > 0 ? [] : [...recipients.keys()].filter((id) => !cells.some(({ rep }) => rep === id));
  const none = { keys: [], leads: 0, rotten: 0, opportunities: 0 };
  const all = [...cells, ...idle.map((rep) => ({ rep, ...none }))];
  const items = all.flatMap(({ rep, keys, leads, rotten, opportunities }): RepLoadItem[] => {
    if (rep === null) return [];
    const { name = rep, kind = null, capacity = null } = recipients.get(rep) ?? {};
    const ofCapacity = (count: number): number | null =>
      capacity === null || capacity === 0 ? null : Math.round((count / capacity) * 1e6) / 1e6;
    return [
      {
        ...{ rep, key: null, keys: [...keys], label: name, kind, openLeads: leads, rottenLeads: rotten },
        ...{ openOpportunities: opportunities, inProcess: leads + opportunities, capacity },
        load: ofCapacity(reps.get(rep)?.leads ?? 0),
        capacityShare: ofCapacity(leads),
      },
    ];
  });
  return items.sort(byLoad(reps));
}

function byLoad(reps: Loads['reps']): (a: RepLoadItem, b: RepLoadItem) => number {
  const ofRep = ({ rep }: RepLoadItem): number => {
    const { leads = 0, opportunities = 0 } = reps.get(rep) ?? {};
    return leads + opportunities;
  };
  return (a, b) =>
    (b.load ?? -1) - (a.load ?? -1) ||
    ofRep(b) - ofRep(a) ||
    compare(a.rep, b.rep) ||
    b.inProcess - a.inProcess ||
    compare(JSON.stringify(a.keys), JSON.stringify(b.keys));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const DESCRIPTION = `
Handed-off leads and open opportunities of each salesperson, partner and distributor, against the capacity that the journey model gives them.
A lead is in process from the hand-off until it is handed to somebody else, recycled, disqualified, opts out or becomes a contact
of an opportunity; from then on the opportunity counts for its owner. Recipients of the journey model without any are there too.

With \`by\` a row is what a rep has in one cell. The capacity is that of the person: \`capacity\` and \`load\` are of all that the rep has, and
\`capacityShare\` is the part of the capacity that the leads of the cell take, so that the shares of a rep add up to the load (not by segment, where
rows overlap). Leads are cut by their persona, segments, source and campaign of the first touch and month of the hand-off; opportunities as in
\`velocity\`, by the month of their opening. Recipients without any are in no cell.

Example: rep-7 has 2 leads, of which 1 rots, and 1 open opportunity: inProcess 3. With a capacity of 4 the load is 2 ÷ 4 = 0.5. By
persona, with one technical and one economic lead, both rows have the load 0.5 and the capacityShare 1 ÷ 4 = 0.25.`;

/** Leads and opportunities in process per rep. */
export const repLoad = defineMetric({
  name: 'rep-load',
  summary: 'Get leads and opportunities in process per rep against capacity',
  description: DESCRIPTION,
  answer: RepLoadAnswer,
  parameters: ['loadBy', 'segment', 'cursor', 'limit', 'asOf', 'minPosition'],
  projections: ['journey', 'opportunities', 'lifecycle', 'attribution', 'catalogue'],
  parse,
  find,
});
