import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { collectorPaths } from './openapi.js';
import { FORMATS } from './formats/all.js';
import { RECEIPTS, TOUCHPOINT } from './formats/native/examples.js';
import { BATCH_EXAMPLE, CALL_EXAMPLES } from './formats/segment/examples.js';
import { REJECTED_EXAMPLE, WARNINGS_EXAMPLE } from './rejected-examples.js';

let server: IntakeServer;
beforeAll(async () => {
  server = await intakeServer();
});
afterAll(() => server.stop());

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'document', components: collectorPaths(FORMATS).components });
const schema = (name: string): ValidateFunction =>
  ajv.compile({ $ref: `document#/components/schemas/${name}` });

interface Media {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Record<string, { readonly value: unknown }>;
}

test('the example of each request is what its schema says', () => {
  const { paths } = collectorPaths(FORMATS);
  const requests = Object.entries(paths).flatMap(([path, { post }]) => {
    const { content } = (post?.requestBody ?? {}) as { content?: Record<string, Media> };
    const { schema, example, examples = {} } = content?.['application/json'] ?? {};
    const sent = [example, ...Object.values(examples).map(({ value }) => value)];
    return schema ? sent.flatMap((each) => (each === undefined ? [] : [{ path, schema, each }])) : [];
  });
  expect(requests.length).toBeGreaterThan(15);
  const faults = requests.flatMap(({ path, schema, each }) => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"document#/');
    const validate = ajv.compile(JSON.parse(text) as object);
    return validate(each) ? [] : [`${path}: ${ajv.errorsText(validate.errors)}`];
  });
  expect(faults).toEqual([]);
});

/** The answer, after its document was found to be as the schema says. */
async function answerOf(name: string, path: string, body: unknown, key: string): Promise<unknown> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(server.url + path, { ...init, headers });
  expect(answer.status).toBe(200);
  const json: unknown = await answer.json();
  const validate = schema(name);
  expect([validate(json), validate.errors]).toEqual([true, null]);
  return json;
}

test('the examples are accepted as they stand, and the answers are as documented', async () => {
  const { writeKey, apiKey } = server.keys;
  for (const [call, item] of Object.entries(CALL_EXAMPLES)) {
    await answerOf('SegmentAnswer', `/v1/${call}`, item, writeKey);
  }
  await answerOf('SegmentAnswer', '/v1/batch', BATCH_EXAMPLE, writeKey);
  expect(await answerOf('RejectedPage', '/api/rejected', undefined, apiKey)).toMatchObject({ items: [] });
  expect(await answerOf('WarningsPage', '/api/warnings', undefined, apiKey)).toMatchObject({ items: [] });

  const list = [TOUCHPOINT, { messageId: 'm-2', kind: 'page_view' }];
  expect(await answerOf('Receipts', '/touchpoints', list, writeKey)).toMatchObject({
    receipts: [{ status: 'accepted' }, { status: 'rejected', reason: RECEIPTS.receipts[1].reason }],
  });
  expect(await answerOf('RejectedPage', '/api/rejected', undefined, apiKey)).toMatchObject({
    items: [{ payload: REJECTED_EXAMPLE.items[0].payload }],
  });
  expect(await answerOf('ReplayAnswer', '/api/rejected/replay', {}, apiKey)).toMatchObject({
    tried: 1,
    rejected: 1,
  });

  const track = { ...CALL_EXAMPLES.track, messageId: 'm-3', timestamp: '2026-02-30T09:30:00Z' };
  await answerOf('SegmentAnswer', '/v1/track', track, writeKey);
  const { code, path } = WARNINGS_EXAMPLE.items[0];
  expect(await answerOf('WarningsPage', '/api/warnings', undefined, apiKey)).toMatchObject({
    items: [{ code, path }],
  });
  expect(
    await answerOf(
      'Receipts',
      '/touchpoints',
      { ...list[0], messageId: 'm-4', occurredAt: 'soon' },
      writeKey,
    ),
  ).toMatchObject({
    receipts: [{ warnings: [{ code, path: 'occurredAt' }] }],
  });
});
