import type pg from 'pg';
import { secretContext } from '../src/workspaces/collector-configs.js';
import { SecretBox } from '../src/workspaces/secret-box.js';
import { TEST_SECRET_KEY } from './key-store.js';

/** For `environment` of a server whose collectors have secrets. */
export const SECRETS_ENVIRONMENT = { TOUCHLINE_SECRET_KEY: TEST_SECRET_KEY };

export interface TestCollector {
  readonly name: string;
  readonly format: string;
  readonly settings?: object;
  readonly mapping?: readonly object[];
  readonly secrets?: readonly string[];
}

/** Adds a collector to the workspace `main`. @returns its id */
export async function addCollector(pool: pg.Pool, collector: TestCollector): Promise<string> {
  const { name, format, settings = {}, mapping = [], secrets = [] } = collector;
  const { rows } = await pool.query<{ id: string }>(
    `INSERT INTO touchline.collector (workspace, name, format, settings, mapping)
     VALUES ('main', $1, $2, $3, $4) RETURNING id`,
    [name, format, settings, JSON.stringify(mapping)],
  );
  const box = new SecretBox([TEST_SECRET_KEY], '');
  for (const secret of secrets)
    await pool.query(
      `INSERT INTO touchline.collector_secret (workspace, collector, sealed) VALUES ('main', $1, $2)`,
      [name, await box.seal(secret, secretContext('main', name))],
    );
  return rows[0]?.id ?? '';
}
