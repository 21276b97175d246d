import type { ModelRequest } from '../domain/attribution/model-request.js';
import type { OpportunityPath } from '../domain/attribution/weigh-paths.js';
import type { CreditView } from './credit-ledger.js';
import { lostPaths, needsDetails, type ReportPath, reportPaths } from './report-paths.js';
import type { ReportScope } from './report-scope.js';

/** The paths of a report, read once for all models that are computed from them. */
export class ReportSource {
  private readonly details: boolean;
  private converting: Promise<readonly ReportPath[]> | undefined;
  private lost: Promise<readonly OpportunityPath[]> | undefined;

  constructor(
    readonly view: CreditView,
    readonly scope: ReportScope,
    requests: readonly ModelRequest[],
  ) {
    this.details = requests.some(needsDetails);
  }

  /** @throws Problem 400 `report-too-large` */
  paths(): Promise<readonly ReportPath[]> {
    return (this.converting ??= reportPaths(this.view, this.scope, { details: this.details }));
  }

  /** Those that do not convert. Pipeline has none: an opportunity is its conversion. @throws Problem 400 `report-too-large` */
  async pathsWithoutConversion(request: ModelRequest): Promise<readonly OpportunityPath[]> {
    if (request.model !== 'markov' || !request.nonConverting || this.scope.metric !== 'revenue') return [];
    return (this.lost ??= lostPaths(this.view, this.scope, { details: this.details }));
  }
}
