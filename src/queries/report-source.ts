import { type CommitteeRule, DEFAULT_COMMITTEE } from '../domain/attribution/committee-rule.js';
import type { ModelRequest } from '../domain/attribution/model-request.js';
import { withCommittee } from './committee-paths.js';
import type { CreditView } from './credit-ledger.js';
import {
  type LostPath,
  lostLedger,
  lostPaths,
  needsDetails,
  type ReportPath,
  reportPaths,
} from './report-paths.js';
import type { PathScope, ReportScope } from './report-scope.js';

interface LostReport {
  readonly view: CreditView;
  readonly scope: PathScope;
}

/** Whether paths of lost opportunities are part of what the model looks at. */
export const hasLostPaths = (request: ModelRequest, { metric }: Pick<ReportScope, 'metric'>): boolean =>
  request.model === 'markov' && request.nonConverting && metric === 'revenue';

/** The paths of a report, read once for all models that are computed from them. */
export class ReportSource {
  private readonly details: boolean;
  private readonly rule: CommitteeRule;
  private ofCommittee: Promise<CreditView> | undefined;
  private converting: Promise<readonly ReportPath[]> | undefined;
  private lostOfCommittee: Promise<LostReport> | undefined;
  private lost: Promise<readonly LostPath[]> | undefined;

  /** @param requests of one committee */
  constructor(
    readonly view: CreditView,
    readonly scope: ReportScope,
    requests: readonly ModelRequest[],
  ) {
    this.details = requests.some(needsDetails);
    this.rule = requests[0] ?? DEFAULT_COMMITTEE;
  }

  /** The view with the paths of the committee. @throws Problem 400 `report-too-large` */
  committeeView(): Promise<CreditView> {
    return (this.ofCommittee ??= withCommittee(this.view, this.scope, this.rule));
  }

  /** @throws Problem 400 `report-too-large` */
  paths(): Promise<readonly ReportPath[]> {
    return (this.converting ??= this.readPaths());
  }

  /** Those that do not convert. Pipeline has none: an opportunity is its conversion. @throws Problem 400 `report-too-large` */
  async pathsWithoutConversion(request: ModelRequest): Promise<readonly LostPath[]> {
    if (!hasLostPaths(request, this.scope)) return [];
    return (this.lost ??= this.readLostPaths());
  }

  /** The opportunities that were lost in the period, with the paths of the committee. @throws Problem 400 `report-too-large` */
  lostReport(): Promise<LostReport> {
    return (this.lostOfCommittee ??= this.readLostReport());
  }

  private async readLostReport(): Promise<LostReport> {
    const { view, scope } = await lostLedger(this.view, this.scope);
    return { view: await withCommittee(view, scope, this.rule), scope };
  }

  private async readLostPaths(): Promise<readonly LostPath[]> {
    const { view, scope } = await this.lostReport();
    return lostPaths(view, scope, this.details);
  }

  private async readPaths(): Promise<readonly ReportPath[]> {
    const { details, rule } = this;
    return reportPaths(await this.committeeView(), this.scope, { details, rule });
  }
}
