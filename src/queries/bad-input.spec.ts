import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { leadIdOf } from '../domain/identity/keys.js';
import { type ExampleApi, exampleApi, HEAD } from '../../test/example-api.js';
import type { ProblemItem } from './query-docs.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

describe('bad input', () => {
  test.each([
    ['/api/leads?limit=0', 400, 'limit-invalid', '1 to 1000'],
    ['/api/leads?stage=buy', 400, 'stage-unknown', 'explore, evaluate, decide'],
    ['/api/leads?persona=x', 400, 'persona-unknown', 'technical, economic'],
    ['/api/leads?lifecycle=hot', 400, 'lifecycle-unknown', 'raw, engaged, qualified, handed_off, accepted'],
    ['/api/leads?minScore=high', 400, 'min-score-invalid', 'not a number'],
    ['/api/leads?mail=x', 400, 'parameter-unknown', 'email'],
    ['/api/leads?cursor=x', 400, 'cursor-invalid', 'next'],
    ['/api/leads?asOf=yesterday', 400, 'as-of-invalid', 'neither a position'],
    ['/api/leads?asOf=2026-02-30', 400, 'as-of-invalid', 'a day (2026-01-31)'],
    ['/api/leads?asOf=9999-01-01', 400, 'as-of-in-the-future', 'events of it may still come'],
    ['/api/attribution/explain?week=2026-W54', 400, 'week-invalid', '2026-W05'],
    ['/api/leads?asOf=999', 400, 'as-of-in-the-future', `0 to ${HEAD}`],
    ['/api/leads?minPosition=999', 400, 'min-position-in-the-future', `0 to ${HEAD}`],
    ['/api/leads/ada', 400, 'lead-id-invalid', 'email:'],
    ['/api/leads/email:', 400, 'lead-id-invalid', 'email:'],
    ['/api/leads/email:%00', 400, 'lead-id-invalid', 'email:'],
    ['/api/leads/email:nobody@acme.example', 404, 'lead-not-found', 'nobody@acme.example'],
    [
      `/api/leads/${leadIdOf('other', 'email:ada@acme.example')}/journey`,
      404,
      'lead-not-found',
      String(HEAD),
    ],
    ['/api/leads/email:ada@acme.example/journey?order=down', 400, 'order-unknown', 'asc, desc'],
    ['/api/accounts/nowhere', 404, 'account-not-found', 'nowhere'],
    ['/api/accounts/%00', 404, 'account-not-found', ''],
    ['/api/contents/%00/revenue', 404, 'content-not-found', ''],
    ['/api/contents/a%00b/revenue', 404, 'content-not-found', 'ab'],
    ['/api/opportunities/opp-9', 404, 'opportunity-not-found', 'opp-9'],
    ['/api/opportunities/opp-9/attribution', 404, 'opportunity-not-found', 'opp-9'],
    ['/api/opportunities/opp-1/attribution?metric=profit', 400, 'metric-unknown', 'revenue, pipeline'],
    ['/api/opportunities?status=hot', 400, 'status-unknown', 'open, won, lost'],
    ['/api/attribution?model=frist', 400, 'model-unknown', 'first, last, last_non_direct, linear'],
    [
      '/api/attribution?by=colour',
      400,
      'cut-unknown',
      'content, channel, campaign, source, contentType, author, publisher, publisherKind, contentStage, rep, persona, segment, owner, accountSegment, month, week',
    ],
    ['/api/attribution?by=content,channel,campaign,source', 400, 'cut-too-many', 'three'],
    ['/api/attribution?metric=clicks', 400, 'metric-unknown', 'revenue, pipeline'],
    ['/api/attribution?from=2026-02-30', 400, 'from-invalid', '2026-01-31'],
    ['/api/attribution?from=2026-03-01&to=2026-02-01', 400, 'period-reversed', 'before from'],
    ['/api/attribution?currency=JPY', 400, 'currency-unknown', 'USD'],
    ['/api/attribution?format=xml', 400, 'format-unknown', 'json, csv, ndjson'],
    ['/api/attribution/compare?models=first,best', 400, 'model-unknown', '"best"'],
    ['/api/attribution/explain?channel=radio', 400, 'channel-unknown', 'organic_search'],
    ['/api/attribution/explain?month=2026-13', 400, 'month-invalid', '2026-01'],
    ['/api/model?asOf=0', 404, 'model-not-found', '0'],
  ])('%s', async (path, status, code, told) => {
    const got = await api.get<ProblemItem>(path);
    expect([got.status, got.body.code]).toEqual([status, code]);
    expect(got.body.detail).toContain(told);
    expect(got.headers['content-type']).toContain('application/problem+json');
  });

  test('without an API key is refused', async () => {
    const { statusCode } = await api.app.inject({ url: '/api/leads' });
    expect(statusCode).toBe(401);
  });
});
