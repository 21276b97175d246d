import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testApp, type TestApp } from '../../test/app.js';
import { importTarget, inputFile } from '../../test/import-target.js';
import { importFile } from '../cli/import/import-file.js';
import { Pipeline } from '../intake/pipeline.js';
import { RejectedLog } from '../intake/rejected.js';
import { examples } from './catalogue.examples.js';
import type { CatalogueReceipt } from './catalogue.receipts.js';

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ ROLES: 'query' });
});
afterAll(() => app?.close());

interface Answered extends CatalogueReceipt {
  readonly accepted: number;
  readonly rejected: number;
  readonly code: string;
  readonly receipts: readonly CatalogueReceipt[];
  readonly errors: readonly { readonly path: string }[];
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await app.app.inject({
    ...{ method: 'POST', url: `/api/${path}`, payload: JSON.stringify(body) },
    headers: { authorization: `Bearer ${app.keys.apiKey}`, 'content-type': 'application/json', ...headers },
  });
  return { status: answer.statusCode, body: answer.json<Answered>() };
}

let investmentId = '';
let tests = 0;
beforeEach(() => {
  investmentId = `investment ${++tests}`;
});
const fair = (more: object = {}) => ({
  ...{
    investmentId,
    amount: '31000.00',
    currency: 'USD',
    from: '2026-01-01',
    to: '2026-02-01',
    source: 'fair',
  },
  ...more,
});
const recorded = () => app.runtime.store.readStream('main', `investment-${investmentId}`);

describe('POST /api/investments', () => {
  test('records an investment, and answers the same repeated without recording it again', async () => {
    const first = await post('investments', fair());
    expect(first).toMatchObject({ status: 201, body: { id: investmentId, status: 'created' } });
    expect(await post('investments', fair())).toEqual({
      status: 200,
      body: { ...first.body, status: 'unchanged', eventIds: [] },
    });
    expect(await recorded()).toMatchObject([
      { type: 'InvestmentRecorded', data: { amountMinor: 3_100_000 } },
    ]);
  });

  test('corrects an investment of the same id by another event', async () => {
    await post('investments', fair());
    expect(await post('investments', fair({ amount: '-1.00', note: 'credit' }))).toMatchObject({
      ...{ status: 200, body: { status: 'updated' } },
    });
    expect((await recorded()).map(({ data }) => data)).toMatchObject([
      { amountMinor: 3_100_000 },
      { amountMinor: -100, note: 'credit' },
    ]);
  });

  test('does not undo a correction when a command with an idempotency key is sent again', async () => {
    await post('investments', fair(), { 'idempotency-key': 'one' });
    await post('investments', fair({ amount: '2.00' }), { 'idempotency-key': 'two' });
    const again = await post('investments', fair(), { 'idempotency-key': 'one' });
    expect(again.body.status).toBe('unchanged');
    expect(await recorded()).toHaveLength(2);
  });

  test('answers a receipt for each item of an array, in order', async () => {
    const { status, body } = await post('investments', [
      fair(),
      fair({ investmentId: 'bad', currency: 'XYZ' }),
      fair({ amount: '5.00' }),
      'no object',
      fair({ unknown: 1 }),
    ]);
    expect(status).toBe(200);
    expect(body.receipts.map((receipt) => [receipt.status, receipt.reason?.code])).toEqual([
      ['created', undefined],
      ['rejected', 'currency-unknown'],
      ['updated', undefined],
      ['rejected', 'invalid'],
      ['rejected', 'invalid'],
    ]);
  });

  test('has one value when many clients correct an investment at once', async () => {
    const all = await Promise.all(
      ['1', '2', '3', '4', '5'].map((amount) => post('investments', fair({ amount }))),
    );
    expect(all.map(({ body }) => body.status).sort()).toEqual([
      'created',
      ...Array<string>(4).fill('updated'),
    ]);
    expect((await recorded()).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
  });

  test('refuses 2,500 items with the limit', async () => {
    const { status, body } = await post(
      'investments',
      Array.from({ length: 2_500 }, () => 0),
    );
    expect([status, body.code]).toEqual([413, 'too-large']);
  });

  test.each<[string, object, number, string, string]>([
    ['an unknown currency', { currency: 'ABC' }, 422, 'currency-unknown', 'currency'],
    ['too many decimals', { amount: '1.001' }, 422, 'amount-decimals', 'amount'],
    ['an amount of 10^29', { amount: `1${'0'.repeat(29)}` }, 422, 'amount-too-large', 'amount'],
    ['an amount of 10^30', { amount: `1${'0'.repeat(30)}` }, 400, 'invalid', 'amount'],
    ['a number as amount', { amount: 12 }, 400, 'invalid', 'amount'],
    ['no currency', { currency: undefined }, 400, 'invalid', 'currency'],
    ['a reversed period', { to: '2025-01-01' }, 422, 'period-reversed', 'to'],
    ['a period of no day', { to: '2026-01-01' }, 422, 'period-empty', 'to'],
    ['a period of a hundred years', { to: '2126-01-01' }, 422, 'period-too-long', 'to'],
    ['an impossible day', { from: '2026-02-31' }, 400, 'invalid', 'from'],
    ['both a source and a campaign', { campaign: 'spring' }, 422, 'target-ambiguous', 'campaign'],
    ['no target', { source: undefined }, 422, 'target-missing', 'source'],
    ['a null source', { source: null, campaign: 'spring' }, 400, 'invalid', 'source'],
    ['an invisible source', { source: '\u200b' }, 422, 'label-blank', 'source'],
    ['a NUL in the source', { source: 'a\0b' }, 400, 'invalid', 'source'],
    ['half a surrogate pair', { source: '\ud800' }, 400, 'invalid', 'source'],
    ['an id of 10,000 characters', { investmentId: 'x'.repeat(10_000) }, 400, 'invalid', 'investmentId'],
    ['an unknown field', { budget: 1 }, 400, 'invalid', 'budget'],
  ])('refuses %s', async (_, more, status, code, path) => {
    const answer = await post('investments', fair(more));
    expect([answer.status, answer.body.code, answer.body.errors[0]?.path]).toEqual([status, code, path]);
  });

  test('takes an id and a note in any script', async () => {
    const { status, body } = await post('investments', fair({ investmentId: 'Messe-2026-🎪', note: 'شبكة' }));
    expect([status, body.id]).toEqual([201, 'Messe-2026-🎪']);
  });
});

describe('POST /api/contents and /api/campaigns', () => {
  test.each(['contents', 'campaigns', 'investments'] as const)('take the examples of %s', async (name) => {
    const { single, batch } = examples[name].bodies;
    expect((await post(name, single.value)).body).toMatchObject({
      ...{ id: examples[name].created.id, status: 'created' },
    });
    const { body } = await post(name, batch.value);
    expect(body.receipts.map(({ status }) => status)).not.toContain('rejected');
  });

  test.each<[string, string, object, string]>([
    ['a channel that does not exist', 'campaigns', { campaignId: 'c', channel: 'tv' }, 'channel'],
    [
      'a kind of publisher that does not exist',
      'contents',
      { contentId: 'c', publisher: { name: 'x', kind: 'y' } },
      'publisher.kind',
    ],
    ['a publisher that is text', 'contents', { contentId: 'c', publisher: 'ours' }, 'publisher'],
    ['a cell without a stage', 'contents', { contentId: 'c', serves: [{ persona: 'p' }] }, 'serves.0.stage'],
    ['no id', 'contents', { title: 'x' }, 'contentId'],
    ['a body that is a number', 'campaigns', 5 as never, ''],
  ])('refuse %s', async (_, path, body, field) => {
    const answer = await post(path, body);
    expect([400, 422]).toContain(answer.status);
    expect(answer.body.errors[0]?.path).toBe(field);
  });
});

describe('rows of a file that were rejected', () => {
  const ROWS = 'campaign id,name,channel\nreplayed,First,tv\nreplayed,Second,radio\nbroken,"a"b,email\n';
  const listed = async (state: string) => {
    const answer = await app.app.inject({
      url: `/api/rejected?collector=import&state=${state}`,
      headers: { authorization: `Bearer ${app.keys.apiKey}` },
    });
    return answer.json<{ items: { id: string; format: string; source: string; sent: unknown }[] }>().items;
  };

  test('are listed as they stood in the file, and decided once when they are corrected and replayed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'touchline-replay-'));
    const { store, pool } = app.runtime;
    const pipeline = new Pipeline(store, new RejectedLog(pool));
    const { target } = importTarget(store, { pipeline, mapping: { type: 'campaigns' } });
    await importFile(target, await inputFile(join(folder, 'campaigns.csv'), ROWS));
    await rm(folder, { recursive: true });
    const open = await listed('open');
    expect(open.map(({ format, source }) => [format, source])).toEqual([
      ['campaign', 'campaigns.csv:4'],
      ['campaign', 'campaigns.csv:3'],
      ['campaign', 'campaigns.csv:2'],
    ]);
    expect(open[2]?.sent).toEqual({ text: 'replayed,First,tv' });

    await post('rejected/correct', { code: 'channel-unknown', merge: { channel: 'email' } });
    const replayed = [await post('rejected/replay', {}), await post('rejected/replay', {})];
    expect(replayed.map(({ body }) => [body.accepted, body.rejected])).toEqual([
      [2, 1],
      [0, 1],
    ]);
    const events = await store.readStream('main', 'campaign-replayed');
    expect(events.map(({ data }) => data)).toEqual([
      { campaignId: 'replayed', name: 'First', channel: 'email' },
      { campaignId: 'replayed', name: 'Second', channel: 'email' },
    ]);
    expect((await listed('open')).map(({ source }) => source)).toEqual(['campaigns.csv:4']);
  });
});
