import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importTarget, inputFile } from '../../../test/import-target.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import type { Origin, RejectedInput } from '../../intake/rejected.js';
import type { CsvMapping } from './csv-mapping.js';
import { importFile, type ImportTarget } from './import-file.js';
import type { Imported } from './importer.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-catalogue-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let store: MemoryEventStore;
/** Of the last import. */
let kept: readonly (RejectedInput & Origin)[];
beforeEach(() => {
  store = new MemoryEventStore();
});

async function imported(
  rows: string,
  mapping: CsvMapping,
  changes: Partial<ImportTarget> = {},
): Promise<Imported> {
  const { target, rejected } = importTarget(store, { mapping, ...changes });
  kept = rejected;
  return importFile(target, await inputFile(join(folder, 'rows.csv'), rows));
}
const datas = async () => (await store.readAll(0n, 10_000)).map(({ data }) => data);

const LEDGER = `Rechnung;Betrag;Von;Bis;Quelle
r-1;"1.234,50";01.03.2026;01.04.2026;Messe
r-2;-10;01.03.2026;01.03.2026;Messe
r-3;viel;01.03.2026;01.04.2026;Messe
r-4;5;2026-03-01;01.04.2026;Messe
r-1;"2.000,00";01.03.2026;01.04.2026;Messe\n`;
const MAPPING: CsvMapping = {
  type: 'investments',
  columns: { Rechnung: 'investmentId', Betrag: 'amount', Von: 'from', Bis: 'to', Quelle: 'source' },
  constants: { currency: 'EUR' },
  ...{ timeFormat: 'dd.MM.yyyy', decimal: ',' },
};

test('investments are imported by a mapping, later rows of an id correct earlier ones, and faults are counted', async () => {
  const { summary } = await imported(LEDGER, MAPPING);
  expect(summary.toJSON()).toEqual({
    ...{ accepted: 2, duplicate: 0 },
    rejected: { 'period-empty': 1, 'amount-invalid': 1, 'day-invalid': 1 },
  });
  expect(summary.examples.map(({ line }) => line)).toEqual([3, 4, 5]);
  expect(await datas()).toMatchObject([
    {
      investmentId: 'r-1',
      amountMinor: 123_450,
      currency: 'EUR',
      for: { dimension: 'source', value: 'messe' },
    },
    { investmentId: 'r-1', amountMinor: 200_000 },
  ]);
});

test('rows of investments that are rejected are kept byte for byte, with their lines and reasons', async () => {
  await imported(LEDGER, MAPPING);
  expect(
    kept.map(({ format, call, source, reason, sent, payload }) => [
      ...[format, call, source, reason.code, reason.path, String(sent ?? payload)],
    ]),
  ).toEqual([
    ['investment', 'investments', 'rows.csv:3', 'period-empty', 'to', 'r-2;-10;01.03.2026;01.03.2026;Messe'],
    ...[
      ['investment', 'investments', 'rows.csv:4', 'amount-invalid', 'Betrag'],
      ['investment', 'investments', 'rows.csv:5', 'day-invalid', 'Von'],
    ].map((row, nth) => [...row, LEDGER.split('\n')[nth + 3]]),
  ]);
  // A replay reads the item.
  expect(JSON.parse(String(kept[0]?.payload))).toMatchObject({ investmentId: 'r-2', to: '2026-03-01' });
});

test('a file of investments is imported once, and changes nothing when it is read again', async () => {
  await imported(LEDGER, MAPPING);
  expect((await imported(LEDGER, MAPPING)).isNew).toBe(false);
  const again = await imported(LEDGER, MAPPING, { restart: true });
  expect(again.summary.toJSON()).toMatchObject({ accepted: 0, duplicate: 2 });
  expect(await datas()).toHaveLength(2);
});

test('a dry run of investments counts faults and records nothing', async () => {
  const { summary } = await imported(LEDGER, MAPPING, { isDryRun: true });
  expect(summary.toJSON()).toMatchObject({ accepted: 2, rejected: { 'period-empty': 1 } });
  expect(await datas()).toEqual([]);
  expect(kept).toEqual([]);
});

test('contents and campaigns are imported by usual headers', async () => {
  await imported(
    'content id,title,publisher,publisher.kind,serves\nguide,Guide,Analysts Ltd,analyst,tech:explore; cfo:decide\n',
    {
      type: 'contents',
    },
  );
  await imported('utm campaign,name,channel\nspring,Spring,email\nfall,Fall,tv\n', { type: 'campaigns' });
  expect(await datas()).toEqual([
    {
      ...{ contentId: 'guide', title: 'Guide', publisher: { name: 'Analysts Ltd', kind: 'analyst' } },
      serves: [
        { persona: 'tech', stage: 'explore' },
        { persona: 'cfo', stage: 'decide' },
      ],
    },
    { campaignId: 'spring', name: 'Spring', channel: 'email' },
  ]);
});

test('a file of investments that names nothing that they are for is refused', async () => {
  await expect(
    imported('investmentId,amount,currency,from,to\na,1,USD,2026-03-01,2026-04-01\n', {
      type: 'investments',
    }),
  ).rejects.toMatchObject({ code: 'mapping-invalid' });
});
