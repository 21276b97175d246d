import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DescMessage, type MessageInitShape, toJson } from '@bufbuild/protobuf';
import { QueryBus } from '@nestjs/cqrs';
import { pino } from 'pino';
import { leadIdOf } from '../domain/identity/keys.js';
import { Metrics } from '../metrics.js';
import { REPORT_PARAMETERS } from '../queries/attribution.js';
import { QueryService } from '../proto/touchline/v1/query_pb.js';
import { opportunityEvents, day, pageView } from '../../test/sample-events.js';
import { type ExampleApi, exampleApi, HEAD } from '../../test/example-api.js';
import { bearer, good, GrpcClient } from '../../test/grpc.js';
import { type GrpcServer, serveGrpc } from './server.js';

const { getLead, getJourney, getAttribution } = QueryService.method;
const ADA = leadIdOf('main', 'email:ada@acme.example');

let api: ExampleApi;
let server: GrpcServer;
let client: GrpcClient;
beforeAll(async () => {
  api = await exampleApi();
  server = await serveGrpc(0, {
    roles: new Set(['query']),
    queries: api.app.get(QueryBus),
    // As in test/query-api.ts: a workspace's API key is its name.
    keys: {
      resolveApiKey: async (key) => (key === 'revoked' ? undefined : key),
      resolveWriteKey: async () => undefined,
    },
    ...{
      metrics: new Metrics(),
      log: pino({ level: 'silent' }),
      serving: async () => ({ whole: true, roles: new Set(['collect', 'query'] as const) }),
    },
  });
  client = new GrpcClient(server.port, bearer('main'));
});
afterAll(async () => {
  client?.close();
  await server?.stop();
  await api?.close();
});

/** The answer in JSON, as HTTP writes it: times with milliseconds, minor units as numbers, null for what is not set. */
function asHttp(schema: DescMessage, message: object): unknown {
  const json = toJson(schema, message as never, { alwaysEmitImplicit: true });
  return filled(schema, json as Record<string, unknown>);
}

function filled(schema: DescMessage, json: Record<string, unknown>): object {
  const value = (field: DescMessage['fields'][number], one: unknown): unknown => {
    if (field.message?.typeName === 'google.protobuf.Timestamp') return new Date(one as string).toISOString();
    if (field.message?.typeName === 'google.protobuf.Struct') return one;
    if (/^keys?$/.test(field.name) && one === '') return null; // `without` says which cut that is
    if (field.message) return filled(field.message, one as Record<string, unknown>);
    return field.name === 'minor' ? Number(one) : one;
  };
  return Object.fromEntries(
    schema.fields.map((field) => {
      const one = json[field.jsonName];
      if (one === undefined) return [field.jsonName, null];
      return [
        field.jsonName,
        Array.isArray(one) ? one.map((element) => value(field, element)) : value(field, one),
      ];
    }),
  );
}

/** What the tests look at besides that both are equal. */
interface Report {
  readonly leadId: string;
  readonly items: readonly object[];
  readonly next: string | null;
  readonly rows: readonly { readonly key: string }[];
  readonly unconverted: readonly object[];
  readonly attributed: { readonly minor: number };
}

/** Fields that HTTP leaves out of reports of stored credits, and of those that ask for no investments. */
const ABSENT = ['request', 'returns', 'invested', 'ratio', 'filter', 'basis'];

function withoutAbsent(grpc: unknown, http: unknown): unknown {
  if (Array.isArray(grpc) && Array.isArray(http))
    return grpc.map((each: unknown, index) => withoutAbsent(each, http[index] as unknown));
  if (typeof grpc !== 'object' || grpc === null || typeof http !== 'object' || http === null) return grpc;
  const known = http as Record<string, unknown>;
  const kept = Object.entries(grpc).filter(([name, value]) => value !== null || name in known || !ABSENT.includes(name)); // prettier-ignore
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutAbsent(value, known[name])]));
}

/** What both say to one question. Fields that only one of them has would show. */
async function both(
  method: (typeof QueryService.method)['getLead' | 'getJourney' | 'getAttribution'],
  request: object,
  path: string,
): Promise<{ grpc: Report; http: Report }> {
  const answer = await good(client.call(method, request as MessageInitShape<typeof method.input>));
  const http = await api.get<Report>(path);
  expect([path, http.status]).toEqual([path, 200]);
  const grpc = withoutAbsent(asHttp(method.output, answer), http.body) as Report;
  return { grpc, http: http.body };
}

describe('the answers of gRPC and HTTP are equal, field by field', () => {
  test.each([ADA, 'email:ada@acme.example', 'anonymous:a-9', 'crm:003Hr00001'])(
    'GetLead of %s',
    async (id) => {
      const { grpc, http } = await both(getLead, { id }, `/api/leads/${id}`);
      expect(grpc).toEqual(http);
      expect(http.leadId).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test.each(['', 'asc', 'desc'])('GetJourney in the order "%s", page by page', async (order) => {
    const pages: Report[] = [];
    let next: string | null = '';
    while (next !== null) {
      const cursor: string = next;
      const path = `/api/leads/${ADA}/journey?limit=2${order && `&order=${order}`}${cursor && `&cursor=${cursor}`}`;
      const { grpc, http } = await both(getJourney, { id: ADA, order, limit: 2, cursor }, path);
      expect(grpc).toEqual(http);
      pages.push(grpc);
      next = grpc.next;
    }
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.flatMap(({ items }) => items).length).toBe(4);
  });

  test.each([
    [{}, ''],
    [
      { model: 'w_shaped', by: ['channel', 'month'], metric: 'pipeline' },
      'model=w_shaped&by=channel,month&metric=pipeline',
    ],
    [
      { model: 'first', by: ['content'], from: '2026-01-01', to: '2026-12-31', currency: 'USD' },
      'model=first&by=content&from=2026-01-01&to=2026-12-31&currency=USD',
    ],
    [{ by: ['source'], from: '2030-01-01T00:00:00Z' }, 'by=source&from=2030-01-01T00:00:00Z'],
    [{ by: ['campaign', 'content'] }, 'by=campaign,content'],
    [{ by: ['campaign'] }, 'by=campaign'],
    [
      { by: ['channel'], committee: 'account', roleWeights: { decision_maker: 2, user: 0 } },
      `by=channel&committee=account&roleWeights=${encodeURIComponent('{"decision_maker":2,"user":0}')}`,
    ],
    [{ by: ['source'], metric: 'roi' }, 'by=source&metric=roi'],
    [{ asOf: 14n }, 'asOf=14'],
    [{ asOf: 0n }, 'asOf=0'],
    [{ by: ['channel'], limit: 1 }, 'by=channel&limit=1'],
  ])('GetAttribution of %j', async (request, query) => {
    const { grpc, http } = await both(getAttribution, request, `/api/attribution?${query}`);
    expect(grpc).toEqual(http);
  });

  test.each([
    [
      {
        ...{ model: 'markov', order: 2, nonConverting: false, player: 'content', direct: 'drop_unless_all' },
        ...{
          by: ['channel', 'month'],
          currency: 'EUR',
          metric: 'pipeline',
          from: '2026-01-01',
          to: '2027-01-01',
        },
        ...{ committee: 'account', roleWeights: { champion: 0.5 }, withoutKinds: ['chat', 'form_fill'] },
        ...{ lookbackDays: 100, lookbackSteps: 10, minTouchesPerLead: 1, repeats: 'exposure' },
        ...{ withoutChannels: ['display'], segment: 'price_readers', without: ['rep'], limit: 3 },
      },
      'model=markov&order=2&nonConverting=false&player=content&direct=drop_unless_all&by=channel,month&currency=EUR&metric=pipeline' +
        '&from=2026-01-01&to=2027-01-01&committee=account&roleWeights={"champion":0.5}&withoutKinds=chat,form_fill&lookbackDays=100' +
        '&lookbackSteps=10&minTouchesPerLead=1&repeats=exposure&withoutChannels=display&segment=price_readers&without=rep&limit=3',
    ],
    [
      {
        model: 'shapley',
        worth: 'revenue',
        channels: ['email', 'event', 'direct'],
        accountSegment: 'price_readers',
      },
      'model=shapley&worth=revenue&channels=email,event,direct&accountSegment=price_readers',
    ],
    [
      {
        model: 'custom',
        custom: { milestones: { first: 40 }, leftover: 'unattributed' },
        kinds: ['page_view', 'webinar_attended'],
      },
      'model=custom&custom={"milestones":{"first":40},"leftover":"unattributed"}&kinds=page_view,webinar_attended',
    ],
    [{ preset: 'hubspot_u_shaped', contentType: 'pricing' }, 'preset=hubspot_u_shaped&contentType=pricing'],
  ])('GetAttribution of %j, which has rows', async (request, query) => {
    const { grpc, http } = await both(getAttribution, request, `/api/attribution?${query}`);
    expect(grpc).toEqual(http);
    expect(http.rows.length).toBeGreaterThan(0);
  });

  test('the request has a field for each parameter of HTTP, but for the format', () => {
    const fields = getAttribution.input.fields.map(({ jsonName }) => jsonName);
    expect(fields.toSorted()).toEqual(REPORT_PARAMETERS.filter((name) => name !== 'format').toSorted());
  });

  test('what is compared has numbers in it', async () => {
    const { http } = await both(getAttribution, { model: 'linear' }, '/api/attribution?model=linear');
    expect(http.rows.length).toBeGreaterThan(2);
    expect(http.unconverted).toHaveLength(1);
    expect(http.attributed.minor).toBeGreaterThan(0);
  });

  test('cursors of the one are good for the other', async () => {
    const first = await good(client.call(getAttribution, { by: ['channel'], limit: 1 }));
    const path = `/api/attribution?by=channel&limit=1&cursor=${first.next}`;
    const { grpc, http } = await both(
      getAttribution,
      { by: ['channel'], limit: 1, cursor: first.next! },
      path,
    );
    expect(grpc).toEqual(http);
    expect(http.rows[0]!.key).not.toBe(first.rows[0]!.key);
  });
});

describe('a question that cannot be answered', () => {
  test.each([
    [
      'of nobody',
      getLead,
      { id: 'email:nobody@acme.example' },
      { status: 'NOT_FOUND', reason: 'lead-not-found' },
    ],
    [
      'without an id',
      getLead,
      { id: '' },
      { status: 'INVALID_ARGUMENT', reason: 'lead-id-invalid', fields: [{ field: 'id' }] },
    ],
    [
      'at a position to come',
      getLead,
      { id: ADA, asOf: 10n ** 9n },
      { status: 'INVALID_ARGUMENT', reason: 'as-of-in-the-future' },
    ],
    [
      'at a position beyond all',
      getLead,
      { id: ADA, minPosition: 2n ** 63n },
      { status: 'INVALID_ARGUMENT', reason: 'min-position-invalid' },
    ],
    [
      'in an unknown order',
      getJourney,
      { id: ADA, order: 'sideways' },
      { reason: 'order-unknown', fields: [{ field: 'order' }] },
    ],
    [
      'of no rows',
      getJourney,
      { id: ADA, limit: 0 },
      { reason: 'limit-invalid', fields: [{ field: 'limit' }] },
    ],
    ['with a cursor of another', getJourney, { id: ADA, cursor: 'x' }, { reason: 'cursor-invalid' }],
    [
      'by an unknown model',
      getAttribution,
      { model: 'astrology', by: ['weather'] },
      { reason: 'model-unknown', fields: [{ field: 'model' }, { field: 'by' }] },
    ],
    [
      'with options that are wrong, or of another model',
      getAttribution,
      { lookbackDays: 0, month: 'March', without: ['month'], order: 2, preset: 'nobody' },
      {
        reason: 'preset-unknown',
        fields: [
          { field: 'preset' },
          { field: 'order' },
          { field: 'lookbackDays' },
          { field: 'month' },
          { field: 'without' },
        ],
      },
    ],
    ['in another currency', getAttribution, { currency: 'JPY' }, { reason: 'currency-unknown' }],
    ['with a text of nothing but NUL', getAttribution, { from: '\0' }, { reason: 'from-invalid' }],
  ] as const)('%s', async (_, method, request, failure) => {
    const got = await client.call<typeof getLead>(method as never, request as never);
    expect(got).toMatchObject({ status: 'INVALID_ARGUMENT', domain: 'touchline', ...failure });
  });

  test('bytes that are no request are INVALID_ARGUMENT', async () => {
    expect(await client.callWith(getLead, Buffer.from('{"id":"x"}'))).toMatchObject({
      ...{ status: 'INVALID_ARGUMENT', reason: 'unreadable-body' },
      message: 'The request is not a touchline.v1.GetLeadRequest',
    });
  });

  test.each([
    ['without a key', undefined, 'api-key-missing'],
    ['with an unknown key', 'revoked', 'api-key-unknown'],
  ])('%s is UNAUTHENTICATED', async (_, key, reason) => {
    const other = new GrpcClient(server.port, key === undefined ? undefined : bearer(key));
    for (const method of [getLead, getJourney, getAttribution])
      expect(await other.call<typeof getLead>(method as never, {})).toMatchObject({
        status: 'UNAUTHENTICATED',
        reason,
      });
    other.close();
  });
});

describe('a question', () => {
  test('of another workspace sees nothing of this one', async () => {
    await api.add('other', [
      pageView('twin', 2, ['email:ada@acme.example'], {}),
      ...opportunityEvents('opp-1', { amount: '1.00', openedAt: day(10), accountId: 'acme' }),
    ]);
    await api.runner.catchUp();
    const theirs = new GrpcClient(server.port, bearer('other'));
    expect(await theirs.call(getLead, { id: ADA })).toMatchObject({ status: 'NOT_FOUND' });
    const lead = await good(theirs.call(getLead, { id: 'email:ada@acme.example' }));
    expect([lead.leadId, lead.touchpoints]).toEqual([leadIdOf('other', 'email:ada@acme.example'), 1]);
    const report = await good(theirs.call(getAttribution, { metric: 'pipeline' }));
    expect([report.modelVersion, report.opportunities, report.rows]).toEqual([0, 0, []]);
    theirs.close();
  });

  test('waits for the position it is asked to have seen', async () => {
    const minPosition = await api.add('main', [pageView('fresh', 89, ['email:eve@hooli.example'])]);
    const waiting = client.call(getLead, { id: 'email:eve@hooli.example', minPosition });
    setTimeout(() => void api.runner.catchUp(), 50);
    expect((await good(waiting)).asOf).toBeGreaterThanOrEqual(minPosition);
    expect(minPosition).toBeGreaterThan(BigInt(HEAD));
  });

  test('whose deadline passes is DEADLINE_EXCEEDED', async () => {
    const minPosition = await api.add('main', [pageView('late eve', 89, ['email:eve@hooli.example'])]);
    const deadline = Date.now() + 200;
    const failure = await client.call(getLead, { id: 'email:eve@hooli.example', minPosition }, { deadline });
    expect(failure).toMatchObject({ status: 'DEADLINE_EXCEEDED' });
    await api.runner.catchUp();
  });
});
