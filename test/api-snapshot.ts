import { until } from './until.js';

/** An answer as its asker sees it. */
export interface ApiResponse {
  readonly status: number;
  readonly text: string;
}
export type GetResponse = (path: string) => Promise<ApiResponse>;

/** Questions about a workspace that together read every read model. */
const PATHS = [
  '/api/leads?limit=100',
  '/api/opportunities?limit=100',
  '/api/metrics/velocity?by=persona,campaign,month',
  '/api/metrics/hooks?by=content,persona,stage,month',
  '/api/metrics/hooks?by=channel',
  '/api/metrics/content-influence?by=content,stage',
  '/api/metrics/content-gaps',
  '/api/metrics/score-calibration?by=persona',
  '/api/metrics/funnel?by=source,month',
  // Without an instant it is that of the position, which differs from log to log.
  '/api/metrics/rotting-leads?at=2026-06-01',
  '/api/metrics/rep-load',
  ...['revenue', 'pipeline'].flatMap((metric) => [
    `/api/attribution?model=linear&by=content,channel&metric=${metric}`,
    `/api/attribution/compare?by=month&metric=${metric}`,
    `/api/attribution/explain?model=time_decay&metric=${metric}`,
  ]),
];

interface Items {
  readonly items: readonly { readonly leadId?: string; readonly opportunityId?: string }[];
}

/** Leads and opportunities that are asked for one by one, at most. */
const MAX_ITEMS = 25;

/** The answers to all questions as of a position, by their paths; those about single leads and opportunities among them. */
export async function responsesAsOf(ask: GetResponse, position: string): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  const get = async (path: string): Promise<string> => {
    const whole = `${path}${path.includes('?') ? '&' : '?'}asOf=${position}`;
    const { status, text } = await ask(whole);
    if (status !== 200) throw new Error(`${whole} answers ${status}: ${text}`);
    answers.set(whole, text);
    return text;
  };
  for (const path of PATHS) await get(path);
  const items = [...answers.values()].flatMap((text) => (JSON.parse(text) as Partial<Items>).items ?? []);
  for (const leadId of distinct(items.map((item) => item.leadId))) {
    for (const part of ['', '/journey', '/score', '/stages']) await get(`/api/leads/${leadId}${part}`);
  }
  for (const id of distinct(items.map((item) => item.opportunityId))) {
    await get(`/api/opportunities/${id}`);
    await get(`/api/opportunities/${id}/attribution`);
  }
  return answers;
}

const distinct = (ids: readonly (string | undefined)[]): string[] =>
  [...new Set(ids.flatMap((id) => id ?? []))].slice(0, MAX_ITEMS);

interface ProjectionStates {
  readonly head: string;
  readonly projections: readonly {
    readonly name: string;
    readonly position: string;
    readonly status: string;
  }[];
}

/** Waits until every read model has applied the log and none is being rebuilt. @returns the position */
export async function waitUntilApplied(ask: GetResponse, patienceMs = 60_000): Promise<string> {
  let standing: ProjectionStates = { head: '', projections: [] };
  const done = await until(async () => {
    standing = JSON.parse((await ask('/api/projections')).text) as ProjectionStates;
    const { head, projections } = standing;
    return projections.every(({ position, status }) => position === head && status === 'running');
  }, patienceMs);
  if (!done) throw new Error(`not applied: ${JSON.stringify(standing)}`);
  return standing.head;
}
