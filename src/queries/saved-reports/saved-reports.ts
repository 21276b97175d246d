import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { withTransaction } from '../../database/client.js';
import { DATABASE } from '../../database/database.js';
import { Refused } from '../../domain/refused.js';
import { firstRow, raw, rows, sql } from '../sql.js';

/** Parameters of a report, as a query has them. */
export type ReportParameters = Readonly<Record<string, string>>;

export interface SavedReport {
  readonly id: string;
  readonly name: string;
  readonly parameters: ReportParameters;
  readonly resolved: Readonly<Record<string, unknown>>;
  /** The position that its answer is as of for ever; null: it is as of now. */
  readonly asOf: string | null;
  readonly createdAt: Date;
}

export type NewReport = Omit<SavedReport, 'id' | 'createdAt'>;

export const MAX_REPORTS = 500;

const COLUMNS = raw('id, name, parameters, resolved, as_of AS "asOf", created_at AS "createdAt"');

/** The saved reports of workspaces. */
@Injectable()
export class SavedReports {
  constructor(@Inject(DATABASE) private readonly pool: Pool) {}

  /** The oldest first. */
  list(workspace: string): Promise<SavedReport[]> {
    return rows<SavedReport>(
      this.pool,
      sql`SELECT ${COLUMNS} FROM touchline.saved_report WHERE workspace = ${workspace} ORDER BY created_at, id`,
    );
  }

  /** @throws Refused `report-not-found` */
  async find(workspace: string, id: string): Promise<SavedReport> {
    const found = await firstRow<SavedReport>(
      this.pool,
      sql`SELECT ${COLUMNS} FROM touchline.saved_report WHERE workspace = ${workspace} AND id = ${id}`,
    );
    return found ?? notFound(id);
  }

  /** @throws Refused `report-limit`, `report-exists` */
  add(workspace: string, { name, parameters, resolved, asOf }: NewReport): Promise<SavedReport> {
    return withTransaction(this.pool, async (tx) => {
      await tx.query(sql`SELECT FROM touchline.workspace WHERE slug = ${workspace} FOR UPDATE`);
      const names = await rows<{ name: string; id: string }>(
        tx,
        sql`SELECT name, id FROM touchline.saved_report WHERE workspace = ${workspace}`,
      );
      const same = names.find((each) => each.name === name);
      if (same) throw new Refused('report-exists', `The report ${same.id} has that name already`, 'name');
      if (names.length >= MAX_REPORTS)
        throw new Refused('report-limit', `A workspace has at most ${MAX_REPORTS} saved reports`);
      const [added] = await rows<SavedReport>(
        tx,
        sql`INSERT INTO touchline.saved_report (workspace, name, parameters, resolved, as_of)
            VALUES (${workspace}, ${name}, ${JSON.stringify(parameters)}, ${JSON.stringify(resolved)}, ${asOf})
            RETURNING ${COLUMNS}`,
      );
      return added ?? notFound(name);
    });
  }

  /** @returns what it was @throws Refused `report-not-found` */
  async remove(workspace: string, id: string): Promise<SavedReport> {
    const removed = await firstRow<SavedReport>(
      this.pool,
      sql`DELETE FROM touchline.saved_report WHERE workspace = ${workspace} AND id = ${id} RETURNING ${COLUMNS}`,
    );
    return removed ?? notFound(id);
  }
}

function notFound(id: string): never {
  throw new Refused('report-not-found', `The saved report "${id}" does not exist in this workspace`);
}
