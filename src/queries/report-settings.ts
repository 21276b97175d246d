import type pg from 'pg';
import type { ModelEvent } from './journey-models.js';
import { firstRow, sql } from './sql.js';

export interface ReportSettings {
  readonly currency: string;
  readonly timeZone: string;
}

/** The model decides; before the first is published, the workspace. */
export async function reportSettings(
  database: pg.PoolClient | pg.Pool,
  workspace: string,
  model: ModelEvent | undefined,
): Promise<ReportSettings> {
  if (model) return model.data.document;
  const query = sql`SELECT currency, time_zone AS "timeZone" FROM touchline.workspace WHERE slug = ${workspace}`;
  return (await firstRow<ReportSettings>(database, query)) ?? { currency: 'USD', timeZone: 'UTC' };
}
