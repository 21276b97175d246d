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

/** The models in force in the workspaces of a batch, at the position it has come to. */
export class Models {
  readonly #inForce = new Map<string, JourneyModel>();

  constructor(readonly tx: PoolClient) {}

  of(workspace: string): JourneyModel {
    return this.#inForce.get(workspace) ?? NO_MODEL;
  }

  async load(workspaces: readonly string[]): Promise<void> {
    const { rows } = await this.tx.query<{ workspace: string; event_id: string }>(
      'SELECT workspace, event_id FROM journey_model WHERE workspace = ANY($1) AND superseded_at IS NULL',
      [workspaces],
    );
    const missing = rows.filter((row) => !documents.has(nameOf(row.workspace, row.event_id)));
    if (missing.length > 0) await this.#read(missing.map(({ workspace }) => workspace));
    for (const { workspace, event_id } of rows) {
      const document = documents.get(nameOf(workspace, event_id));
      if (document) this.#inForce.set(workspace, document);
    }
  }

  async #read(workspaces: readonly string[]): Promise<void> {
    const { rows } = await this.tx.query<{ workspace: string; event_id: string; document: unknown }>(
      'SELECT workspace, event_id, document FROM journey_model WHERE workspace = ANY($1) AND superseded_at IS NULL',
      [workspaces],
    );
    for (const { workspace, event_id, document } of rows) remember(nameOf(workspace, event_id), document);
  }

  /** Puts a published model in force. @throws when the document cannot be compiled */
  async publish(event: RecordedEvent<'JourneyModelPublished'>, position: Position): Promise<void> {
    const { workspace, version, id, occurredAt, data } = event;
    this.#inForce.set(workspace, remember(nameOf(workspace, id), data.document));
    await this.tx.query(
      `UPDATE journey_model SET superseded_at = $2 WHERE workspace = $1 AND superseded_at IS NULL`,
      [workspace, String(position)],
    );
    await this.tx.query(
      `INSERT INTO journey_model (workspace, version, name, document, event_id, published_at, known_from)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [workspace, version, data.document.name, jsonText(data.document), id, occurredAt, String(position)],
    );
  }
}
