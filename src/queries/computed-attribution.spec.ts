import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ExampleApi, exampleApi } from '../../test/example-api.js';
import { parseModelRequest } from '../domain/attribution/model-request.js';
import type { AttributionAnswer } from './attribution.js';
import { computeAttribution, saveAttribution } from './computed-attribution.js';
import { CreditComputer } from './computed-credits.js';
import { ReadModels } from './read-models.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

describe('models over all paths computed for schema bi', () => {
  const compute = async (given: object, metric: 'revenue' | 'pipeline') => {
    const parsed = parseModelRequest(given);
    if ('faults' in parsed) throw new Error('invalid request');
    const asked = { workspace: 'main', metric, request: parsed.request };
    const computed = await computeAttribution(api.app.get(ReadModels), api.app.get(CreditComputer), asked);
    await saveAttribution(api.db.pool, computed);
    return computed;
  };
  const kept = async (where: string) =>
    (
      await api.db.pool.query<Record<string, unknown>>(
        `SELECT channel, to_char(month_start, 'YYYY-MM') AS month, coalesce(revenue_minor, pipeline_minor)::int AS minor, opportunities,
                touches, model_value, parameters, computed_position::text AS position
           FROM bi.channel_attribution WHERE ${where} ORDER BY 1, 2`,
      )
    ).rows;

  test.each([
    ['markov', 'revenue', { model: 'markov', order: 2 }, 'model=markov&order=2'],
    ['markov', 'pipeline', { model: 'markov' }, 'model=markov'],
    ['shapley', 'revenue', { model: 'shapley', worth: 'revenue' }, 'model=shapley&worth=revenue'],
  ] as const)('have the rows and values of a report: %s of %s', async (model, metric, given, parameters) => {
    const { asOf } = await compute(given, metric);
    const path = `/api/attribution?asOf=${asOf}&metric=${metric}&by=channel,month&${parameters}`;
    const { body } = await api.get<AttributionAnswer>(path);
    const valueOf = new Map(body.basis?.players.map(({ key, value }) => [key, value]));
    const cells = body.rows.map((row) => {
      const [channel, month] = row.keys;
      const { opportunities, touches } = row;
      const at = { parameters: body.request, position: String(asOf) };
      return { channel, month, minor: row.value.minor, opportunities, touches, model_value: valueOf.get(channel ?? null), ...at }; // prettier-ignore
    });
    expect(cells.length).toBeGreaterThan(2);
    const order = ({ channel, month }: (typeof cells)[number]): string => `${channel} ${month}`;
    expect(await kept(`model = '${model}' AND metric = '${metric}'`)).toEqual(
      cells.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)),
    );
  });

  test('stay until they are computed again, and those of other models and metrics stay then', async () => {
    await compute({ model: 'markov' }, 'pipeline');
    await compute({ model: 'shapley' }, 'pipeline');
    const [shapley] = await kept(`model = 'shapley' AND metric = 'pipeline'`);
    const { asOf } = await compute({ model: 'markov', order: 3 }, 'pipeline');
    const positions = (await kept(`model = 'markov' AND metric = 'pipeline'`)).map((row) => row['position']);
    expect(new Set(positions)).toEqual(new Set([String(asOf)]));
    expect((await kept(`model = 'markov' AND metric = 'pipeline'`))[0]).toMatchObject({
      parameters: { order: 3 },
    });
    expect((await kept(`model = 'shapley' AND metric = 'pipeline'`))[0]).toEqual(shapley);
  });
});
