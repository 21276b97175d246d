import {
  CHAIN_WIDE_MODELS,
  type ModelRequest,
  parseModelRequest,
} from '../domain/attribution/model-request.js';
import { Refused } from '../domain/refused.js';
import { CreditComputer } from '../queries/computed-credits.js';
import {
  type ComputedAttribution,
  computeAttribution,
  saveAttribution,
} from '../queries/computed-attribution.js';
import { JourneyModels } from '../queries/journey-models.js';
import { LogDates } from '../queries/log-dates.js';
import { ReadModels } from '../queries/read-models.js';
import { METRICS } from '../queries/report-scope.js';
import { solveInThread } from '../queries/solve-chain.js';
import type { OpenRuntime } from '../runtime.js';
import { Freshness } from '../subscriptions/api/freshness.js';
import { Signal } from '../subscriptions/signal.js';
import { FIRST_WORKSPACE } from '../workspaces/first-workspace.js';
import { Workspaces } from '../workspaces/workspaces.js';
import type { InWorkspace } from './collectors.js';
import { table } from './text-table.js';
import { withRuntime } from './with-runtime.js';

export interface ComputeOptions extends InWorkspace {
  readonly order?: string;
  readonly worth?: string;
}

/**
 * `attribution compute`: computes the models over all paths for bi.channel_attribution.
 *
 * @throws Refused `workspace-not-found`, `order-invalid`, `worth-invalid`
 */
export function computeChannels({ workspace = FIRST_WORKSPACE, ...options }: ComputeOptions): Promise<void> {
  const requests = CHAIN_WIDE_MODELS.map((model) => requestOf(model, options));
  return withRuntime(async (runtime) => {
    if (!(await new Workspaces(runtime.configuration).find(workspace)))
      throw new Refused(
        'workspace-not-found',
        `The workspace "${workspace}" does not exist; \`npx touchline workspace list\` lists all`,
      );
    const models = readModelsOf(runtime);
    const computer = new CreditComputer(solveInThread);
    const lines: string[][] = [];
    for (const request of requests)
      for (const metric of METRICS) {
        const computed = await computeAttribution(models, computer, { workspace, metric, request });
        await saveAttribution(runtime.pool, computed);
        lines.push(lineOf(computed));
      }
    console.log(table(['MODEL', 'METRIC', 'POSITION', 'CHANNELS', 'ROWS'], lines));
  });
}

/** Of the options only those that are for the model. */
function requestOf(
  model: (typeof CHAIN_WIDE_MODELS)[number],
  { order, worth }: ComputeOptions,
): ModelRequest {
  const [name, value] = model === 'markov' ? ['order', order && Number(order)] : ['worth', worth];
  const parsed = parseModelRequest({ model, ...(value !== undefined && { [name]: value }) });
  if ('request' in parsed) return parsed.request;
  throw new Refused(`${name}-invalid`, `--${name} ${parsed.faults[0]?.message ?? 'is invalid'}`);
}

function readModelsOf({ pool, store }: OpenRuntime): ReadModels {
  const models = new JourneyModels(store);
  const dates = new LogDates(pool, store, models);
  return new ReadModels(pool, store, new Freshness(pool, new Signal()), models, dates);
}

const lineOf = ({ request, metric, asOf, values, rows }: ComputedAttribution): string[] => [
  ...[request.model, metric, String(asOf), String(values.size), String(rows.length)],
];
