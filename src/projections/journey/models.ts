import type { PoolClient } from 'pg';
import type { Position, RecordedEvent } from '../../domain/events.js';
import { checkModel, faultsText } from '../../domain/model/check-model.js';
import type { JourneyModel } from '../../domain/model/journey-model.js';
import { DEFAULT_ATTRIBUTION } from '../../domain/attribution/settings.js';
import { jsonText } from '../../read-models/column-types.js';

/** In force before any model was published: it knows no personas, stages and scores. */
export const NO_MODEL: JourneyModel = {
  name: 'none',
  currency: 'USD',
  timeZone: 'UTC',
  rates: [],
  personas: [],
  stages: [],
  triggers: [],
  contents: [],
  scoring: { halfLifeDays: 30, rules: [] },
  grading: { rules: [], grades: { A: 80, B: 60, C: 40, D: 20, E: 0.001 } },
  sessionIdleMinutes: 30,
  attribution: DEFAULT_ATTRIBUTION,
};

/** By the event that published it: the same object each time, so that it is compiled once a process. */
const documents = new Map<string, JourneyModel>();
const REMEMBERED = 200;

const nameOf = (workspace: string, eventId: string): string => `${workspace}\0${eventId}`;

/** @throws when the document is no journey model, so that the projection stops at it and nobody's scores are lost */
function remember(name: string, document: unknown): JourneyModel {
  const known = documents.get(name);
  if (known) return known;
  const checked = checkModel(document);
  if ('faults' in checked) throw new Error(faultsText(checked.faults));
  if (documents.size >= REMEMBERED) documents.clear();
  documents.set(name, checked.model);
  return checked.model;
}

/** A version of the model, and the leads it has reached: those up to an id. */
interface Application {
  readonly version: number;
  readonly appliedTo: string;
  readonly model: JourneyModel;
}

/** Bounds of lead ids. */
export const NO_LEAD = '00000000-0000-0000-0000-000000000000';
export const ALL_LEADS = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

interface StoredApplication {
  readonly workspace: string;
  readonly model_version: number;
  readonly applied_to: string;
  readonly event_id: string;
}

/**
 * The models of the workspaces of a batch, at the position it has come to. A model reaches leads in the order of their ids
 * (docs/adr/0049); each lead is computed with the latest that has reached it.
 */
export class Models {
  /** The latest first; the last one has reached all leads. */
  readonly #applications = new Map<string, readonly Application[]>();

  constructor(readonly tx: PoolClient) {}

  /** The latest, whichever leads it has reached. */
  of(workspace: string): JourneyModel {
    return this.#of(workspace)[0]?.model ?? NO_MODEL;
  }

  /** The one that a lead is computed with. */
  ofLead(workspace: string, leadId: string): JourneyModel {
    return this.#of(workspace).find(({ appliedTo }) => leadId <= appliedTo)?.model ?? NO_MODEL;
  }

  /** Where the latest has come to; undefined: it has reached all leads. */
  pending(workspace: string): Pick<Application, 'version' | 'appliedTo'> | undefined {
    const [latest] = this.#of(workspace);
    return latest && latest.appliedTo !== ALL_LEADS ? latest : undefined;
  }

  /** Time zones of all models that leads are computed with. */
  timeZones(workspace: string): ReadonlySet<string> {
    const models = this.#of(workspace).map(({ model }) => model);
    return new Set((models.length > 0 ? models : [NO_MODEL]).map(({ timeZone }) => timeZone));
  }

  async load(workspaces: readonly string[]): Promise<void> {
    const { rows } = await this.tx.query<StoredApplication>(CURRENT, [workspaces]);
    const missing = rows.filter((row) => !documents.has(nameOf(row.workspace, row.event_id)));
    if (missing.length > 0) await this.#read(missing);
    for (const [workspace, own] of Map.groupBy(rows, (row) => row.workspace))
      this.#applications.set(workspace, own.flatMap(applicationOf));
  }

  async #read(rows: readonly StoredApplication[]): Promise<void> {
    const { rows: found } = await this.tx.query<{ workspace: string; event_id: string; document: unknown }>(
      'SELECT workspace, event_id, document FROM journey_model WHERE event_id = ANY ($1)',
      [rows.map(({ event_id }) => event_id)],
    );
    for (const { workspace, event_id, document } of found) remember(nameOf(workspace, event_id), document);
  }

  /** Makes a published model the latest. It has reached no leads yet. @throws when the document cannot be compiled */
  async publish(event: RecordedEvent<'JourneyModelPublished'>, position: Position): Promise<number> {
    const { workspace, version, id, occurredAt, data } = event;
    if (version === undefined) throw new Error('the event has no version in its stream');
    const model = remember(nameOf(workspace, id), data.document);
    this.#applications.set(workspace, [{ version, appliedTo: NO_LEAD, model }, ...this.#of(workspace)]);
    await this.tx.query(
      `UPDATE journey_model SET superseded_at = $2 WHERE workspace = $1 AND superseded_at IS NULL`,
      [workspace, String(position)],
    );
    await this.tx.query(
      `INSERT INTO journey_model (workspace, version, name, document, event_id, published_at, known_from)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [workspace, version, data.document.name, jsonText(data.document), id, occurredAt, String(position)],
    );
    return version;
  }

  /** Has the latest model reach the leads up to an id. */
  async apply(
    { workspace, recordedAt }: Pick<RecordedEvent, 'workspace' | 'recordedAt'>,
    appliedTo: string,
    position: Position,
  ): Promise<void> {
    const [latest, ...others] = this.#of(workspace);
    if (!latest) throw new Error(`no journey model of ${workspace} is published`);
    const left = others.filter((each) => each.appliedTo > appliedTo);
    this.#applications.set(workspace, [{ ...latest, appliedTo }, ...left]);
    await this.tx.query(APPLY, [workspace, latest.version, appliedTo, recordedAt, String(position)]);
  }

  #of(workspace: string): readonly Application[] {
    return this.#applications.get(workspace) ?? [];
  }
}

function applicationOf({ workspace, event_id, model_version, applied_to }: StoredApplication): Application[] {
  const model = documents.get(nameOf(workspace, event_id));
  return model ? [{ version: model_version, appliedTo: applied_to, model }] : [];
}

const CURRENT = `
  SELECT a.workspace, a.model_version, a.applied_to, m.event_id
  FROM model_application a JOIN journey_model m ON m.workspace = a.workspace AND m.version = a.model_version
  WHERE a.workspace = ANY ($1) AND a.superseded_at IS NULL ORDER BY a.model_version DESC`;

/** Those of earlier versions end that reach no lead any more that the latest has not reached. */
const APPLY = `
  WITH ended AS (
    UPDATE model_application SET superseded_at = $5
    WHERE workspace = $1 AND superseded_at IS NULL AND (model_version = $2 OR applied_to <= $3)
    RETURNING model_version, started_at)
  INSERT INTO model_application (workspace, model_version, applied_to, started_at, applied_at, known_from)
  SELECT $1, $2, $3, coalesce((SELECT started_at FROM ended WHERE model_version = $2), $4), $4, $5`;
