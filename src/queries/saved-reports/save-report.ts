import { Inject, Injectable } from '@nestjs/common';
import { Problem } from '../../http/problem.js';
import { FindAttribution } from '../attribution.js';
import type { RawParams } from '../params.js';
import { ReadModels } from '../read-models.js';
import { filteredCuts, filteredScope, reportProjections } from '../report-filters.js';
import type { NewReportInput } from './saved-report-items.js';
import { type ReportParameters, type SavedReport, SavedReports } from './saved-reports.js';

/** Those of one request, not of the report. */
const OF_REQUESTS = ['cursor', 'minPosition'];

/** Saves reports whose parameters the report itself accepts. */
@Injectable()
export class ReportSaver {
  constructor(
    @Inject(SavedReports) private readonly reports: SavedReports,
    @Inject(ReadModels) private readonly models: ReadModels,
  ) {}

  /** @throws Problem 400 naming every parameter at fault, Refused `report-exists`, `report-limit` */
  async save(workspace: string, { name, parameters: sent }: NewReportInput): Promise<SavedReport> {
    const parameters = checkedParameters(sent);
    try {
      const query = new FindAttribution(workspace, parameters);
      return await this.reports.add(workspace, {
        name: name.trim().normalize('NFC'),
        parameters,
        ...(await this.resolve(query)),
      });
    } catch (error) {
      throw error instanceof Problem ? inBody(error) : error;
    }
  }

  /** With defaults and instants. A date of `asOf` becomes the position that it means now, which later events do not change. */
  private resolve({ model, metric, by, filter, scope, request, format }: FindAttribution) {
    const cuts = [...by, ...filteredCuts(filter)];
    return this.models.view(request, reportProjections(cuts), async (view) => {
      const { currency, from, to, filter: narrowed } = await filteredScope(view, scope, filter);
      return {
        resolved: {
          ...model,
          ...{ by, metric, currency, from, to, format },
          ...(narrowed && { filter: narrowed }),
        },
        asOf: request.asOf === undefined ? null : String(view.asOf),
      };
    });
  }
}

/** @throws Problem 400 */
function checkedParameters(sent: RawParams): ReportParameters {
  const faults = Object.entries(sent).flatMap(([name, value]) => {
    if (OF_REQUESTS.includes(name)) return [{ path: name, message: 'is of a request, not of a report' }];
    return typeof value === 'string' ? [] : [{ path: name, message: 'must be text, as in a query' }];
  });
  const detail = faults.map(({ path, message }) => `${path}: ${message}`).join('; ');
  if (faults.length > 0) throw inBody(new Problem(400, 'invalid', detail, faults));
  return sent as ReportParameters;
}

/** A fault of a parameter, where it is in the body. */
const inBody = (problem: Problem): Problem =>
  new Problem(
    problem.getStatus(),
    problem.code,
    problem.detail,
    problem.errors.map((error) => ({ ...error, path: `parameters.${error.path}` })),
    problem.headers,
  );
