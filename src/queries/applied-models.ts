import type pg from 'pg';
import { raw, rows, sql, type Sql } from './sql.js';
import { validAt } from './valid-at.js';

/** A version of the journey model and the leads that it has reached: those up to an id that no later version has. */
export interface AppliedModel {
  readonly version: number;
  readonly appliedTo: string;
  readonly halfLifeDays: number;
}

/** The models that leads are computed with at a position, the latest first; all leads are up to the last one's id. */
export const appliedModels = (tx: pg.PoolClient, workspace: string, asOf: bigint): Promise<AppliedModel[]> =>
  rows<AppliedModel>(
    tx,
    sql`
    SELECT a.model_version AS version, a.applied_to AS "appliedTo", m.half_life_days AS "halfLifeDays"
    FROM touchline.model_application a
    JOIN touchline.journey_model m ON m.workspace = a.workspace AND m.version = a.model_version
    WHERE a.workspace = ${workspace} AND ${validAt('a', asOf)} ORDER BY a.model_version DESC`,
  );

/** What a view knows of them. */
interface Applied {
  readonly applied: readonly AppliedModel[];
}

/** The model that a lead is computed with. */
export const modelOfLead = ({ applied }: Applied, leadId: string): AppliedModel | undefined =>
  applied.find(({ appliedTo }) => leadId <= appliedTo);

/** The half-life of a lead's score, in days. */
export const halfLifeOfLead = (view: Applied & { readonly halfLifeDays: number }, leadId: string): number =>
  modelOfLead(view, leadId)?.halfLifeDays ?? view.halfLifeDays;

/** The same of the lead that an expression names. */
export const halfLifeOf = (view: Applied & { readonly halfLifeDays: number }, lead: Sql): Sql =>
  byModel(view, lead, ({ halfLifeDays }) => sql`${halfLifeDays}::float8`, sql`${view.halfLifeDays}::float8`);

/** The version of the model that the lead is computed with that an expression names. */
export const modelVersionOf = (view: Applied & { readonly modelVersion: number }, lead: Sql): Sql =>
  byModel(view, lead, ({ version }) => sql`${version}::int`, sql`${view.modelVersion}::int`);

function byModel({ applied }: Applied, lead: Sql, of: (model: AppliedModel) => Sql, otherwise: Sql): Sql {
  const [latest] = applied;
  if (!latest || applied.length === 1) return latest ? of(latest) : otherwise;
  return applied.reduceRight<Sql>(
    (rest, model) => sql`CASE WHEN ${lead} <= ${model.appliedTo}::uuid THEN ${of(model)} ELSE ${rest} END`,
    otherwise,
  );
}

/** Ranges of lead ids with one half-life each, as conditions on a column. */
export function rangesOf(
  { applied }: Applied,
  column: string,
): { readonly model: AppliedModel; readonly where: Sql }[] {
  return applied.map((model, nth) => {
    const after = applied[nth - 1]?.appliedTo;
    const upTo = sql`${raw(column)} <= ${model.appliedTo}::uuid`;
    return { model, where: after === undefined ? upTo : sql`${upTo} AND ${raw(column)} > ${after}::uuid` };
  });
}
