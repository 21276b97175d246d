import { type CommitteeRule, DEFAULT_COMMITTEE } from '../domain/attribution/committee-rule.js';
import type { ModelRequest } from '../domain/attribution/model-request.js';
import type { OpportunityPath } from '../domain/attribution/weigh-paths.js';
import { withCommittee } from './committee-paths.js';
import type { CreditView } from './credit-ledger.js';
import { lostPaths, needsDetails, type ReportPath, reportPaths } from './report-paths.js';
import type { ReportScope } from './report-scope.js';

/** The paths of a report, read once for all models that are computed from them. */
export class ReportSource {
  private readonly details: boolean;
  private readonly rule: CommitteeRule;
  private ofCommittee: Promise<CreditView> | undefined;
  private converting: Promise<readonly ReportPath[]> | undefined;
  private lost: Promise<readonly OpportunityPath[]> | undefined;

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
  async pathsWithoutConversion(request: ModelRequest): Promise<readonly OpportunityPath[]> {
    if (request.model !== 'markov' || !request.nonConverting || this.scope.metric !== 'revenue') return [];
    const { details, rule } = this;
    return (this.lost ??= lostPaths(this.view, this.scope, { details, rule }));
  }

  private async readPaths(): Promise<readonly ReportPath[]> {
    const { details, rule } = this;
    return reportPaths(await this.committeeView(), this.scope, { details, rule });
  }
}
