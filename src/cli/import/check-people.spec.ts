import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '../../../test/database.js';
import { importTarget, inputFile } from '../../../test/import-target.js';
import { TEST_MODEL } from '../../../test/journey-models.js';
import { LeadLog } from '../../../test/qualified-leads.js';
import type { JourneyModel } from '../../domain/model/journey-model.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import { projections } from '../../projections/all.js';
import { SubscriptionRunner } from '../../subscriptions/runner.js';
import { checkPeople, emptyDirectory, openDirectory } from './check-people.js';
import { readMapping } from './csv-mapping.js';
import { importFile, type ImportTarget } from './import-file.js';

const MODEL: JourneyModel = {
  ...TEST_MODEL,
  internalDomains: ['us.example'],
  competitorDomains: ['rival.example'],
  leadFilters: [
    { name: 'outside our regions', when: { traits: { country: { is: 'AQ' } } }, outcome: 'nurture' },
    { name: 'the disengaged', when: { score: { atMost: 5 } }, outcome: 'nurture' },
    {
      name: 'no students',
      when: { none: [{ traits: { title: { known: true } } }], email: 'disposable' },
      outcome: 'hold',
    },
  ],
  leadDefinitions: [
    {
      minScore: 5,
      disqualifiers: [{ name: 'student', when: { traits: { title: { words: ['student'] } } } }],
    },
  ],
};

const LIST = `Kunden-Nr.;E-Mail;Name;Funktion;Land;Abgemeldet
1;Ada@Old.example;Ada Lovelace;CTO;DE;
2;ada@old.example;"Lovelace; Ada";;;
1;other@old.example;;;;
3;info@corp.example;;;;
4;bob@gmail.com;=cmd|' /C calc'!A0;Student;;
5;eve@mailinator.com;;;;
6;nobody at corp;;;;
;nobody at corp;;;;
7;gone@corp.example;;;;
8;left@corp.example;;;;
9;leaves@corp.example;;;;ja
10;me@us.example;;;;
11;spy@mail.rival.example;;;;
12;tux@corp.example;;;AQ;
13;x@a.example;broken"quote;;;
77;known@corp.example;;;;
`;
const MAPPING = {
  type: 'contacts',
  columns: {
    'Kunden-Nr.': 'crmId',
    'E-Mail': 'email',
    Funktion: 'traits.title',
    Land: 'traits.country',
    Abgemeldet: 'optedOut',
  },
  constants: { list: 'Fair', occurredAt: '2026-01-01T00:00:00Z' },
} as const;

let folder: string;
let db: TestDatabase;
let store: MemoryEventStore;
let runner: SubscriptionRunner;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-people-'));
  db = await testDatabase();
  store = new MemoryEventStore();
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: [...projections] });
  const log = new LeadLog(store);
  await log.publish(MODEL);
  await log.touch(['email:gone@corp.example'], 'email_bounce', { properties: { bounceType: 'hard' } });
  await log.touch(['email:left@corp.example'], 'page_view');
  await log.consent('email:left@corp.example', 'unsubscribed');
  await log.touch(['email:known@corp.example'], 'page_view');
  await log.touch(['crm:77'], 'meeting');
  await runner.catchUp();
});
afterAll(async () => {
  await runner.stop();
  await db.drop();
  await rm(folder, { recursive: true, force: true });
});

async function check(rows: string, changes: Partial<ImportTarget> = {}) {
  const { target } = importTarget(store, { mapping: MAPPING, ...changes });
  const file = await inputFile(join(folder, 'list.csv'), rows);
  const directory = await openDirectory(db.pool, store, target);
  const path = join(folder, 'findings.csv');
  const lines = await checkPeople(target, [file], directory, path);
  return {
    lines,
    target,
    file,
    rows: (await readFile(path, 'utf8')).split('\r\n').filter((row) => row !== ''),
  };
}

describe('the check of a list of people', () => {
  test('finds what is wrong with each row, and writes nothing but its report', async () => {
    const head = await store.head();
    const { rows, lines } = await check(LIST, { isDryRun: true });
    expect(await store.head()).toBe(head);
    const found = rows.slice(1).map((row) => row.split(','));
    expect(found.map(([, line, email, person, , code]) => [Number(line), email, person, code])).toEqual([
      [3, '"ada@old.example"', 'new', 'duplicate-address'],
      [4, '"other@old.example"', 'new', 'duplicate-crm-id'],
      [5, '"info@corp.example"', 'new', 'role-address'],
      [6, '"bob@gmail.com"', 'new', 'free-mail'],
      [6, '"bob@gmail.com"', 'new', 'disqualified'],
      [7, '"eve@mailinator.com"', 'new', 'disposable-address'],
      [7, '"eve@mailinator.com"', 'new', 'filtered'],
      [8, '', 'new', 'invalid-address'],
      [9, '', '', 'rejected'],
      [9, '', '', 'invalid-address'],
      [10, '"gone@corp.example"', 'known', 'dead-address'],
      [11, '"left@corp.example"', 'known', 'opted-out'],
      [12, '"leaves@corp.example"', 'new', 'opted-out-in-list'],
      [13, '"me@us.example"', 'new', 'internal'],
      [14, '"spy@mail.rival.example"', 'new', 'competitor'],
      [15, '"tux@corp.example"', 'new', 'filtered'],
      [16, '', '', 'rejected'],
      [17, '"known@corp.example"', 'known', 'joins-leads'],
    ]);
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^People in 16 rows: 9 new, 4 known as of position \d+$/),
        expect.stringMatching(/^ {2}duplicate-crm-id {6,}1 {2}list\.csv:4 other@old\.example$/),
        expect.stringMatching(/^ {2}rejected {6,}2 {2}list\.csv:9; list\.csv:16$/),
      ]),
    );
    expect(rows.join('\n')).not.toMatch(/(^|,|")[=+@]/m);
  });

  test('says the same again after the list is imported and projected', async () => {
    const before = await check(LIST);
    await importFile(before.target, before.file);
    await runner.catchUp();
    const after = await check(LIST);
    expect([after.lines, after.rows]).toEqual([before.lines, before.rows]);
    const { lines } = await check(`${LIST}\n`);
    expect(lines[0]).toMatch(/^People in 16 rows: 0 new, 12 known/);
  });

  test('knows nobody where there is no database yet', async () => {
    const { target } = importTarget(new MemoryEventStore(), { mapping: MAPPING, isDryRun: true });
    const file = await inputFile(join(folder, 'list.csv'), LIST);
    const [first] = await checkPeople(target, [file], await emptyDirectory());
    expect(first).toBe('People in 16 rows: 12 new, 0 known as of position 0');
  });

  test('says of the example in docs/how-to/import-lists.md what the page says', async () => {
    const page = await readFile(new URL('../../../docs/how-to/import-lists.md', import.meta.url), 'utf8');
    const block = (kind: string): string =>
      new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\``, 'ms').exec(page)?.[1] ?? '';
    const path = join(folder, 'old-crm.yaml');
    await writeFile(path, block('yaml'));
    const mapping = { ...(await readMapping(path)), type: 'contacts' } as const;
    const { target } = importTarget(new MemoryEventStore(), { mapping, isDryRun: true });
    const file = await inputFile(join(folder, 'old-crm.csv'), block('csv'));
    const directory = { ...(await emptyDirectory()), positionOf: () => Promise.resolve(1n), position: 1n };
    const lines = await checkPeople(target, [file], directory);
    expect(block('text').trim().split('\n').slice(1)).toEqual(lines);
    const { summary } = await importFile(target, file);
    expect(summary).toMatchObject({ accepted: 5, rejectedRows: 0 });
  });

  test('finds people that stand in two files of one command', async () => {
    const { target } = importTarget(store, { mapping: MAPPING, isDryRun: true });
    const [header, row] = LIST.split('\n');
    const files = [
      await inputFile(join(folder, 'a.csv'), `${header}\n${row}\n`),
      await inputFile(join(folder, 'b.csv'), `${header}\n${row}\n`),
    ];
    const lines = await checkPeople(target, files, await openDirectory(db.pool, store, target));
    expect(lines).toEqual(
      expect.arrayContaining([expect.stringMatching(/duplicate-address +1 {2}b\.csv:2 ada@old\.example/)]),
    );
  });
});
