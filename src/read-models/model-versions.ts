import { LRUCache } from 'lru-cache';
import type { PoolClient } from 'pg';
import type { JourneyModel } from '../domain/model/journey-model.js';

/** A version of a workspace's journey model. */
export interface ModelVersion {
  readonly workspace: string;
  readonly version: number;
  readonly model: JourneyModel;
}

interface VersionRow {
  readonly workspace: string;
  readonly version: number;
  readonly event_id: string;
}

/** By the event that published it: the same object each time, so that it is compiled once a process. */
const documents = new LRUCache<string, JourneyModel>({ max: 200 });

/** The models in force now, of all workspaces. */
export async function currentModels(tx: PoolClient): Promise<ModelVersion[]> {
  const { rows } = await tx.query<VersionRow>(
    'SELECT workspace, version, event_id FROM touchline.journey_model WHERE superseded_at IS NULL',
  );
  return withDocuments(tx, rows);
}

/** The model that was in force before the one of an event; undefined: that was the first. */
export async function modelBefore(
  tx: PoolClient,
  workspace: string,
  eventId: string,
): Promise<ModelVersion | undefined> {
  const { rows } = await tx.query<VersionRow>(
    `SELECT before.workspace, before.version, before.event_id
       FROM touchline.journey_model m
       JOIN touchline.journey_model before
         ON before.workspace = m.workspace AND before.superseded_at = m.known_from
      WHERE m.workspace = $1 AND m.event_id = $2`,
    [workspace, eventId],
  );
  return (await withDocuments(tx, rows))[0];
}

/** A version that was published at some time. */
export async function modelOfVersion(
  tx: PoolClient,
  workspace: string,
  version: number,
): Promise<ModelVersion | undefined> {
  const { rows } = await tx.query<VersionRow>(
    'SELECT workspace, version, event_id FROM touchline.journey_model WHERE workspace = $1 AND version = $2',
    [workspace, version],
  );
  return (await withDocuments(tx, rows))[0];
}

async function withDocuments(tx: PoolClient, rows: readonly VersionRow[]): Promise<ModelVersion[]> {
  const missing = rows.filter((row) => !documents.has(row.event_id));
  if (missing.length > 0) {
    const read = await tx.query<{ event_id: string; document: JourneyModel }>(
      `SELECT m.event_id, m.document FROM unnest($1::text[], $2::uuid[]) AS asked (workspace, event_id)
         JOIN touchline.journey_model m USING (workspace, event_id)`,
      [missing.map(({ workspace }) => workspace), missing.map(({ event_id }) => event_id)],
    );
    for (const { event_id, document } of read.rows) documents.set(event_id, document);
  }
  return rows.flatMap(({ workspace, version, event_id }) => {
    const model = documents.get(event_id);
    return model ? [{ workspace, version, model }] : [];
  });
}
