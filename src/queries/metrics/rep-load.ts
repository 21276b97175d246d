import { slice } from '../attribution.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from '../page-request.js';
import { Params, type RawParams } from '../params.js';
import type { View } from '../read-models.js';
import { Integer, MaybeDecimal, MaybeText, NestedList, PageAnswer, Text } from '../response-fields.js';
import { rows, sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { type OpenHandOffs, openHandOffs } from './hand-offs.js';
import { defineMetric } from './metric.js';

export class RepLoadItem {
  @Text('Recipient of leads, or owner of opportunities') rep!: string;
  @Text('Name in the journey model, else the id') label!: string;
  @MaybeText('rep, partner or distributor; null: not in the journey model') kind!: string | null;
  @Integer('Handed-off leads in process') openLeads!: number;
  @Integer('Of these past due without a sales activity') rottenLeads!: number;
  @Integer('Open opportunities') openOpportunities!: number;
  @Integer('openLeads + openOpportunities') inProcess!: number;
  @MaybeDecimal('Most open leads at a time by the journey model; null: no limit') capacity!: number | null;
  @MaybeDecimal('openLeads / capacity, six decimals; null: no limit') load!: number | null;
}

class RepLoadAnswer extends PageAnswer {
  @Integer('Of all reps') openLeads!: number;
  @Integer('Of all reps; those without an owner are in no row') openOpportunities!: number;
  @Integer('Open opportunities without an owner') opportunitiesWithoutOwner!: number;
  @NestedList('Highest load first, then most in process', () => RepLoadItem) rows!: RepLoadItem[];
}
export type { RepLoadAnswer };

function parse(workspace: string, given: RawParams): { readonly request: PageRequest } {
  const params = new Params(given, PAGE_PARAMETERS);
  return { request: pageRequestOf(workspace, params, { name: 'rep-load', given, shapes: [/^\d{1,9}$/] }) };
}

async function find(view: View, { request }: { readonly request: PageRequest }): Promise<RepLoadAnswer> {
  const cut = { timeZone: 'UTC', by: ['recipient'], segment: undefined } as const;
  const { loads, ...totals } = await repLoads(view, await openHandOffs(view, view.at, cut));
  const { page, next } = slice(request, view, loads);
  return { asOf: String(view.asOf), modelVersion: view.modelVersion, ...totals, rows: [...page], next };
}

type RepLoads = Pick<RepLoadAnswer, 'openLeads' | 'openOpportunities' | 'opportunitiesWithoutOwner'> & {
  /** The highest first. */
  readonly loads: readonly RepLoadItem[];
};

/** What each recipient of leads and owner of opportunities has in process. @param leads handed off and open, by recipient */
export async function repLoads(view: View, leads: readonly OpenHandOffs[]): Promise<RepLoads> {
  const owners = await openOpportunities(view);
  const recipients = view.model?.data.document.routing?.recipients ?? [];
  const ids = [
    ...recipients.map(({ id }) => id),
    ...leads.flatMap(({ keys: [rep] }) => rep ?? []),
    ...owners.flatMap(({ owner }) => owner ?? []),
  ];
  const loads = [...new Set(ids)].map((rep): RepLoadItem => {
    const { open = 0, rotten = 0 } = leads.find(({ keys }) => keys[0] === rep) ?? {};
    const { count = 0 } = owners.find(({ owner }) => owner === rep) ?? {};
    const { name = rep, kind = null, capacity = null } = recipients.find(({ id }) => id === rep) ?? {};
    const load = capacity === null || capacity === 0 ? null : Math.round((open / capacity) * 1e6) / 1e6;
    return {
      ...{ rep, label: name, kind, openLeads: open, rottenLeads: rotten },
      ...{ openOpportunities: count, inProcess: open + count, capacity, load },
    };
  });
  return {
    openLeads: leads.reduce((sum, { open }) => sum + open, 0),
    openOpportunities: owners.reduce((sum, { count }) => sum + count, 0),
    opportunitiesWithoutOwner: owners.find(({ owner }) => owner === null)?.count ?? 0,
    loads: loads.sort(byLoad),
  };
}

const byLoad = (a: RepLoadItem, b: RepLoadItem): number =>
  (b.load ?? -1) - (a.load ?? -1) || b.inProcess - a.inProcess || (a.rep < b.rep ? -1 : 1);

const openOpportunities = ({
  tx,
  workspace,
  asOf,
}: View): Promise<{ owner: string | null; count: number }[]> =>
  rows(
    tx,
    sql`
    SELECT o.owner, count(*)::int AS count FROM touchline.opportunity o
    WHERE o.workspace = ${workspace} AND ${validAt('o', asOf)} AND o.status = 'open'
    GROUP BY o.owner`,
  );

const DESCRIPTION = `
Handed-off leads and open opportunities of each salesperson, partner and distributor, against the capacity that the journey model gives them.
A lead is in process from the hand-off until it is handed to somebody else, recycled, disqualified, opts out or becomes a contact
of an opportunity; from then on the opportunity counts for its owner. Recipients of the journey model without any are there too.

Example: rep-7 has 2 leads, of which 1 rots, and 1 open opportunity: inProcess 3. With a capacity of 4 the load is 2 ÷ 4 = 0.5.`;

/** Leads and opportunities in process per rep. */
export const repLoad = defineMetric({
  name: 'rep-load',
  summary: 'Get leads and opportunities in process per rep against capacity',
  description: DESCRIPTION,
  answer: RepLoadAnswer,
  parameters: ['cursor', 'limit', 'asOf', 'minPosition'],
  projections: ['journey', 'opportunities', 'lifecycle'],
  parse,
  find,
});
