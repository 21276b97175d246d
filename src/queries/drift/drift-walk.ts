import { setImmediate as nextTurn } from 'node:timers/promises';
import { differencesOf, type Drift, type DriftCause, runsOf } from '../../domain/attribution/drift.js';
import { DAY_MS } from '../../domain/model/journey-model.js';
import type { Terms } from '../../read-models/attribution/credits.js';
import { inputChanges, membersOf, noChange } from '../../read-models/attribution/input-changes.js';
import { type Inputs, loadInputs } from '../../read-models/attribution/inputs.js';
import type { TermsOfRange } from '../../read-models/attribution/terms.js';
import type { PositionRange } from '../../read-models/range.js';
import { tooLarge, type View } from '../read-models.js';
import type { ChangeAt, ChangeCauses } from './change-causes.js';
import { hasCatalogueCut } from './changed-opportunities.js';
import { type DriftReport, OpportunityCells } from './opportunity-cells.js';
import { PublishedContents } from './published-contents.js';

/** Opportunities whose inputs are in memory at a time. */
const AT_ONCE = 50;
/** Of more events times touches, those of one cause that follow one another are taken together. */
const MOST_ONE_BY_ONE = 200_000;
/** Touches between which other requests have their turn. */
const TOUCHES_A_TURN = 5_000;
/** As long as one statement may take (read-models.ts). */
const MOST_MS = 60_000;

interface Loaded {
  readonly inputs: Inputs;
  readonly contents: PublishedContents;
  readonly cells: OpportunityCells;
}

/**
 * Goes through the positions between two reports at which something changed that the credits of an opportunity follow from,
 * computes the credits after each, and gives the difference to the cause of the event there. What is added up in this way is the
 * difference between the ends, whatever happened between.
 */
export class DriftWalk {
  private readonly deadline = Date.now() + MOST_MS;
  private sinceTurn = 0;

  constructor(
    private readonly view: View,
    private readonly range: PositionRange,
    private readonly report: DriftReport,
    private readonly terms: TermsOfRange,
    private readonly causes: ChangeCauses,
  ) {}

  /** @throws Problem 503 `question-too-large` */
  async addAll(opportunityIds: readonly string[], drift: Drift): Promise<void> {
    for (let start = 0; start < opportunityIds.length; start += AT_ONCE) {
      const ids = opportunityIds.slice(start, start + AT_ONCE);
      const loaded = await this.load(ids);
      for (const id of ids) await this.add(loaded, id, drift);
    }
  }

  private async load(ids: readonly string[]): Promise<Loaded> {
    const { view, range, report, terms } = this;
    const lookback = terms.longestLookbackDays * DAY_MS;
    const inputs = await loadInputs(view.tx, range, view.workspace, ids, lookback);
    const named = [...inputs.journeys.values()].flat().flatMap(({ content_id }) => content_id ?? []);
    const contents = hasCatalogueCut(report.by)
      ? await PublishedContents.load(view, range, [...new Set(named)])
      : PublishedContents.none;
    return { inputs, contents, cells: new OpportunityCells(report, inputs, contents) };
  }

  private async add(loaded: Loaded, opportunityId: string, drift: Drift): Promise<void> {
    const { range, terms } = this;
    const changes = this.changesOf(loaded, opportunityId);
    const touches = sizeOf(loaded.inputs, membersOf(loaded.inputs, opportunityId, range));
    let reporting = terms.at(range.after).reporting;
    let before = loaded.cells.at(opportunityId, range.after, terms.at(range.after));
    for (const { position, events, cause } of await this.stepsOf(changes, touches)) {
      await this.pause(touches);
      const parts = withRatesApart(terms.at(position), reporting);
      reporting = terms.at(position).reporting;
      for (const { inForce, part } of parts) {
        const after = loaded.cells.at(opportunityId, position, inForce);
        const differences = differencesOf(before, after);
        before = after;
        if (differences.size === 0) continue;
        drift.add({ opportunityId, cause: part ?? (await cause()), position, events, differences });
      }
    }
  }

  private changesOf({ inputs, contents }: Loaded, opportunityId: string): ChangeAt[] {
    const { range, terms, report } = this;
    const byCatalogue = hasCatalogueCut(report.by);
    const publications = new Set(
      terms.publications(range).filter((position) => byCatalogue || terms.changedAt(position)),
    );
    const changes = inputChanges(inputs, opportunityId, range);
    const known = new Set(changes.map(({ position }) => position));
    const members = membersOf(inputs, opportunityId, range);
    const named = [...members].flatMap((lead) => inputs.journeys.get(lead) ?? []);
    const ids = new Set(named.flatMap(({ content_id }) => content_id ?? []));
    const others = new Set([...publications, ...contents.changes(ids, range)]);
    return [...changes, ...[...others].filter((position) => !known.has(position)).map(noChange)]
      .map((change) => ({ ...change, isPublication: publications.has(change.position) }))
      .sort((a, b) => (a.position < b.position ? -1 : 1));
  }

  /** One by one, or those of one cause together. */
  private async stepsOf(changes: readonly ChangeAt[], touches: number): Promise<readonly Step[]> {
    if (changes.length * touches <= MOST_ONE_BY_ONE)
      return changes.map((change) => ({
        ...{ position: change.position, events: 1 },
        cause: () => this.causes.of(change),
      }));
    const caused: { position: bigint; cause: DriftCause }[] = [];
    for (const change of changes) {
      await this.pause(1);
      caused.push({ position: change.position, cause: await this.causes.of(change) });
    }
    return runsOf(caused).map(({ cause, ...run }) => ({ ...run, cause: () => cause }));
  }

  private async pause(touches: number): Promise<void> {
    this.sinceTurn += touches;
    if (this.sinceTurn < TOUCHES_A_TURN) return;
    this.sinceTurn = 0;
    if (Date.now() > this.deadline) throw tooLarge();
    await nextTurn();
  }
}

interface Step {
  readonly position: bigint;
  readonly events: number;
  readonly cause: () => DriftCause | Promise<DriftCause>;
}

/** Where rates changed: what is in force with the rates of before, then with the new ones. */
function withRatesApart(
  inForce: Terms,
  before: Terms['reporting'],
): readonly { readonly inForce: Terms; readonly part?: DriftCause }[] {
  const { reporting } = inForce;
  const rates = before?.rates ?? [];
  if (!reporting || JSON.stringify(reporting.rates) === JSON.stringify(rates)) return [{ inForce }];
  return [{ inForce: { ...inForce, reporting: { ...reporting, rates } } }, { inForce, part: 'rates' }];
}

const sizeOf = ({ journeys }: Inputs, leads: ReadonlySet<string>): number =>
  [...leads].reduce((sum, lead) => sum + (journeys.get(lead)?.length ?? 0), 1);
