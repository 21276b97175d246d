import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { readRequestOf, POSITION_PARAMETERS } from './page-request.js';
import { Params, type RawParams } from './params.js';
import { type ReadRequest, ReadModels, type View } from './read-models.js';
import { Answer, Bool, Decimal, MaybeDecimal, MaybeInstant } from './response-fields.js';
import { firstRow, sql } from './sql.js';
import { validAt } from './valid-at.js';

export class ModelApplicationAnswer extends Answer {
  @Bool('Whether all leads are computed with this version') done!: boolean;
  @Decimal('Share of the leads that are, from 0 to 1') share!: number;
  @MaybeInstant('When it was published; null while none is') startedAt!: Date | null;
  @MaybeDecimal('About how many seconds are left; null: that cannot be said yet') secondsLeft!: number | null;
}

export class FindModelApplication extends Query<ModelApplicationAnswer> {
  readonly request: ReadRequest;

  /** @throws Problem 400 */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, POSITION_PARAMETERS);
    this.request = readRequestOf(workspace, params);
    params.check();
  }
}

@QueryHandler(FindModelApplication)
export class FindModelApplicationHandler implements IQueryHandler<FindModelApplication> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request }: FindModelApplication): Promise<ModelApplicationAnswer> {
    return this.models.view(request, ['journey'], async (view) => {
      const row = await latestOf(view);
      const share = row ? shareUpTo(row.appliedTo) : 1;
      const done = share === 1;
      const spent = row ? (+row.appliedAt - +row.startedAt) / 1_000 : 0;
      const secondsLeft = share > 0 ? Math.round((spent * (1 - share)) / share) : null;
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        ...{ done, share, startedAt: row?.startedAt ?? null, secondsLeft: done ? 0 : secondsLeft },
      };
    });
  }
}

interface Row {
  readonly appliedTo: string;
  readonly startedAt: Date;
  readonly appliedAt: Date;
}

const latestOf = ({ tx, workspace, asOf }: View): Promise<Row | undefined> =>
  firstRow<Row>(
    tx,
    sql`
    SELECT a.applied_to AS "appliedTo", a.started_at AS "startedAt", a.applied_at AS "appliedAt"
    FROM touchline.model_application a
    WHERE a.workspace = ${workspace} AND ${validAt('a', asOf)} ORDER BY a.model_version DESC LIMIT 1`,
  );

/** Ids of leads are hashes: a part of their range has about that part of the leads. */
function shareUpTo(leadId: string): number {
  if (/^[f-]+$/.test(leadId)) return 1;
  return Math.min(0.999, Math.floor((parseInt(leadId.slice(0, 8), 16) / 2 ** 32) * 1_000) / 1_000);
}
