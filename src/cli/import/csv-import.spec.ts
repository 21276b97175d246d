import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { importTarget, inputFile } from '../../../test/import-target.js';
import type { RecordedEvent } from '../../domain/events.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import { type CsvMapping, readMapping } from './csv-mapping.js';
import { importFile, type ImportTarget } from './import-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-csv-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let store: MemoryEventStore;
beforeEach(() => {
  store = new MemoryEventStore();
});

const file = (content: string | Buffer, name = 'rows.csv') => inputFile(join(folder, name), content);
const events = (): Promise<readonly RecordedEvent[]> => store.readAll(0n, 10_000);
const csv = (mapping: CsvMapping = {}, changes: Partial<ImportTarget> = {}) =>
  importTarget(store, { mapping, ...changes });

describe('touchpoints', () => {
  test('are found by usual headers, and other columns are kept among the properties', async () => {
    const { target } = csv();
    const rows = `E-Mail,Event,Date,Page URL,UTM Source,Room
ada@acme.example,Webinar Attended,2026-03-01T09:30:00Z,https://acme.example/webinar,newsletter,"Hall ""A"", first floor"
bob@acme.example,Form Submitted,2026-03-02 10:00,,,\n`;

    const imported = await importFile(target, await file(rows));

    expect(imported.summary.toJSON()).toEqual({ accepted: 2, duplicate: 0, rejected: {} });
    expect(await events()).toMatchObject([
      {
        occurredAt: new Date('2026-03-01T09:30:00Z'),
        data: {
          ...{ kind: 'webinar_attended', identity: ['email:ada@acme.example'], source: 'newsletter' },
          ...{
            content: { url: 'https://acme.example/webinar' },
            properties: { Room: 'Hall "A", first floor' },
          },
        },
      },
      { occurredAt: new Date('2026-03-02T10:00:00Z'), data: { kind: 'form_fill' } },
    ]);
  });

  test('are mapped by a file of columns, constants, values, time format and zone', async () => {
    const mapping: CsvMapping = {
      columns: {
        Teilnehmer: 'email',
        Beginn: 'occurredAt',
        Art: 'kind',
        Titel: 'content.title',
        Intern: null,
      },
      constants: { 'content.type': 'webinar', channel: 'referral' },
      values: { kind: { Teilgenommen: 'webinar_attended', Angemeldet: 'webinar_registered' } },
      timeFormat: 'dd.MM.yyyy HH:mm',
      timeZone: 'Europe/Berlin',
    };
    const { target } = csv(mapping);
    const rows = `Teilnehmer;Beginn;Art;Titel;Intern;Firma
ada@acme.example;01.07.2026 09:30;Teilgenommen;Über Attribution;x;Acme\n`;

    await importFile({ ...target, encoding: 'windows-1252' }, await file(Buffer.from(rows, 'latin1')));

    expect(await events()).toMatchObject([
      {
        occurredAt: new Date('2026-07-01T07:30:00Z'),
        data: {
          ...{ kind: 'webinar_attended', channel: 'referral', properties: { Firma: 'Acme' } },
          content: { title: 'Über Attribution', type: 'webinar' },
        },
      },
    ]);
  });

  test('keep columns whose names every object inherits among the properties', async () => {
    const { target } = csv();
    const rows = `email,kind,date,constructor,toString\nada@acme.example,page_view,2026-03-01,Lotus,9\n`;

    const imported = await importFile(target, await file(rows));

    expect(imported.summary.toJSON()).toEqual({ accepted: 1, duplicate: 0, rejected: {} });
    expect(await events()).toMatchObject([{ data: { properties: { constructor: 'Lotus', toString: '9' } } }]);
  });

  test('are read from a chunk of a file with more of them than a call has arguments', async () => {
    const { target } = csv();
    const short = 'x\n'.repeat(130_000);

    const imported = await importFile(
      target,
      await file(gzipSync(`email,kind,date\n${short}`), 'short.csv.gz'),
    );

    expect(imported.summary.toJSON()).toEqual({
      accepted: 0,
      duplicate: 0,
      rejected: { 'cell-count': 130_000 },
    });
  });

  test('are read below a header with line breaks in its quotes, at their own lines', async () => {
    const { target } = csv();
    const rows = `email,kind,date,"What do you\nlook for,\r\nand why?"\nada@acme.example,page_view,2026-03-01,a pump\nbroken\n`;

    const imported = await importFile(target, await file(rows));

    expect(await events()).toMatchObject([
      { data: { properties: { 'What do you\nlook for,\r\nand why?': 'a pump' } } },
    ]);
    expect(imported.summary.examples).toMatchObject([{ line: 5, reason: { code: 'cell-count' } }]);
  });

  test('below a header with a quote that is not closed are not imported', async () => {
    const { target } = csv();
    await expect(
      importFile(target, await file('email,kind,"date\nada@acme.example,page_view,2026-03-01\n')),
    ).rejects.toMatchObject({ code: 'header-invalid' });
  });

  test('whose rows are broken are rejected with line and column, as they are, and the rest is imported', async () => {
    const { target, rejected } = csv();
    const rows = [
      'email,kind,date',
      'a@acme.example,page_view,2026-03-01',
      'b@acme.example,"page_view,2026-03-01',
      'c@acme.example,page_view',
      'd@acme.example,page_view,03/04/2026',
      'e@acme.example,teleport,2026-03-01',
      'f@acme.example,page_view,',
      '"g@acme.example","page_view","2026-03-01"',
    ];

    const imported = await importFile(
      target,
      await file(gzipSync(`${rows.join('\r\n')}\r\n`), 'rows.csv.gz'),
    );

    expect(imported.summary.accepted).toBe(2);
    expect(imported.summary.examples).toEqual([
      { line: 3, reason: expect.objectContaining({ code: 'unreadable-row', path: 'kind' }) as object },
      { line: 4, reason: { code: 'cell-count', message: 'has 2 cells, and the header has 3' } },
      { line: 5, reason: expect.objectContaining({ code: 'time-invalid', path: 'date' }) as object },
      { line: 6, reason: expect.objectContaining({ code: 'unknown-kind', path: 'kind' }) as object },
      { line: 7, reason: { code: 'missing-field', message: 'is required', path: 'occurredAt' } },
    ]);
    expect(rejected.map((row) => (row.sent ?? row.payload).toString())).toEqual(rows.slice(2, 7));
    expect(rejected.map(({ source }) => source)).toEqual(
      [3, 4, 5, 6, 7].map((line) => `rows.csv.gz:${line}`),
    );
  });

  test('imported again are duplicates, with an id of their own or not', async () => {
    const { target } = csv();
    const rows = `id,email,kind,date\nm-1,a@acme.example,page_view,2026-03-01\n,a@acme.example,page_view,2026-03-01\n`;
    await importFile(target, await file(rows));

    const again = await importFile({ ...target, restart: true }, await file(rows));

    expect(again.summary.toJSON()).toEqual({ accepted: 0, duplicate: 2, rejected: {} });
  });

  test('stopped in a file go on behind the rows that are imported, not at the header', async () => {
    const { target } = csv();
    const row = (nr: number) => `m-${nr},u-1,page_view,2026-03-01,"two\nlines"\n`;
    const rows = `id,userId,kind,date,note\n${Array.from({ length: 5_000 }, (_, nr) => row(nr)).join('')}`;
    const stopping = new AbortController();
    const read = target.pipeline.recordBatch.bind(target.pipeline);
    target.pipeline.recordBatch = (...batch) => {
      stopping.abort();
      return read(...batch);
    };
    const stopped = await importFile({ ...target, signal: stopping.signal }, await file(rows));
    expect(stopped).toMatchObject({ isComplete: false, line: 2 + 2 * stopped.summary.accepted });

    const resumed = await importFile(target, await file(rows));

    expect(resumed.resumedAt).toBe(stopped.line);
    expect(resumed.summary.toJSON()).toEqual({ accepted: 5_000, duplicate: 0, rejected: {} });
  });
});

describe('contacts', () => {
  test('are claims of all their keys, with traits and their account', async () => {
    const { target } = csv({ type: 'contacts' });
    const rows = `Contact ID,Email,Account ID,Company,Website,Title
003A,ada@acme.example,acme,Acme Ltd,https://www.acme.example,CTO
003B,,,,,CEO
,,,,,Nobody\n`;

    const imported = await importFile(target, await file(rows));

    expect(imported.summary.toJSON()).toEqual({
      accepted: 2,
      duplicate: 0,
      rejected: { 'identity-missing': 1 },
    });
    expect((await events()).map(({ type, data }) => [type, data])).toEqual([
      [
        'IdentityClaimed',
        {
          identity: ['email:ada@acme.example', 'crm:003A'],
          traits: { company: 'Acme Ltd', title: 'CTO' },
          accountId: 'acme',
        },
      ],
      ['AccountObserved', { accountId: 'acme', name: 'Acme Ltd', domain: 'acme.example' }],
      ['IdentityClaimed', { identity: ['crm:003B'], traits: { title: 'CEO' } }],
    ]);
    const again = await importFile({ ...target, restart: true }, await file(rows));
    expect(again.summary).toMatchObject({ accepted: 0, duplicate: 2 });
  });

  test('of a list have its name, and those who opted out are struck since they did', async () => {
    const mapping: CsvMapping = {
      type: 'contacts',
      columns: {
        'Kontakt-Nr.': 'crmId',
        Newsletter: 'consent',
        Stand: 'consentAt',
        Funktion: 'traits.title',
      },
      constants: { list: 'Fair 2019', occurredAt: '2025-06-01T00:00:00Z' },
      values: { consent: { abgemeldet: 'unsubscribed', angemeldet: 'subscribed' } },
      timeFormat: 'dd.MM.yyyy',
    };
    const { target } = csv(mapping);
    const rows = `Kontakt-Nr.;E-Mail;Funktion;Newsletter;Stand;Country;Do not e-mail
1;ada@acme.example;CTO;abgemeldet;01.02.2020;DE;
2;bob@acme.example;CFO;angemeldet;02.02.2020;FR;nein
3;eve@acme.example;;angemeldet;;;
4;fay@acme.example;;;;;X
5;gil@acme.example;;vielleicht;;;\n`;

    const imported = await importFile(target, await file(rows));

    expect(imported.summary.toJSON()).toEqual({
      ...{ accepted: 4, duplicate: 0 },
      rejected: { 'consent-invalid': 1 },
      warned: { 'fact-undated': 1 },
    });
    const [ada, ...all] = await events();
    const consents = [ada, ...all].filter((event) => event?.type === 'ConsentChanged');
    expect(consents.map((event) => [event?.occurredAt, event?.data])).toEqual([
      [new Date('2020-02-01'), consentOf('unsubscribed', 'email:ada@acme.example', 'crm:1')],
      [new Date('2020-02-02'), consentOf('subscribed', 'email:bob@acme.example', 'crm:2')],
      [new Date('2025-06-01'), consentOf('unsubscribed', 'email:fay@acme.example', 'crm:4')],
    ]);
    expect(all.find(({ type }) => type === 'IdentityClaimed')).toMatchObject({
      occurredAt: new Date('2025-06-01'),
      data: { traits: { list: 'Fair 2019', title: 'CTO', country: 'DE' } },
    });
  });

  test('that all opted out are struck by a constant', async () => {
    const { target } = csv({ type: 'contacts', constants: { optedOut: 'yes' } });
    await importFile(target, await file('email\nada@acme.example\n'));
    expect((await events()).map(({ type }) => type)).toEqual(['IdentityClaimed', 'ConsentChanged']);
  });
});

const consentOf = (status: string, ...identity: string[]) => ({
  ...{ identity, channel: 'email', status, reason: 'list' },
});

describe('opportunities', () => {
  const rows = `Deal ID;Deal Name;Amount;Currency;Status;Close Date;Last Modified;Contact Email
opp-1;Acme 2026;1.234,50 €;EUR;Open;;2026-03-01;ada@acme.example
opp-1;Acme 2026;2.000,00 €;EUR;Closed Won;2026-04-01;2026-04-02;ada@acme.example
opp-2;Globex;lots;EUR;open;;2026-03-01;
opp-3;Initech;5;;open;;2026-03-01;
;Nameless;5;EUR;open;;2026-03-01;\n`;
  const targetOf = () => csv({ type: 'opportunities', decimal: ',' });

  test('are decided in the order of their reports, and broken ones are rejected', async () => {
    const { target, rejected } = targetOf();

    const imported = await importFile(target, await file(rows));

    expect(imported.summary.toJSON()).toMatchObject({ accepted: 2, duplicate: 0 });
    expect(imported.summary.examples.map(({ line, reason }) => [line, reason.code])).toEqual([
      [4, 'amount-invalid'],
      [5, expect.any(String)],
      [6, 'missing-field'],
    ]);
    expect(new Set(rejected.map(({ sent, payload }) => (sent ?? payload).toString()))).toEqual(
      new Set(rows.trim().split('\n').slice(3)),
    );
    const types = (await store.readStream('main', 'opportunity-opp-1')).map(({ type }) => type);
    expect(types).toEqual(
      expect.arrayContaining(['OpportunityOpened', 'ContactRoleAssigned', 'OpportunityWon']),
    );
  });

  test('imported again change nothing', async () => {
    const { target } = targetOf();
    await importFile(target, await file(rows));
    const before = await events();

    const again = await importFile({ ...target, restart: true }, await file(rows));

    expect(again.summary).toMatchObject({ accepted: 0, duplicate: 2 });
    expect(await events()).toEqual(before);
  });
});

describe('a mapping is refused', () => {
  const mappingFile = async (content: string): Promise<CsvMapping> => {
    const path = join(folder, 'mapping.json');
    await writeFile(path, content);
    return readMapping(path);
  };

  test.each([
    ['{', 'is not JSON or YAML'],
    ['a: b: c', 'is not JSON or YAML'],
    ['colums: {}', 'colums is not a known field'],
    ['{"columns":{"a":5}}', 'columns.a must be string'],
    ['{"colums":{}}', 'colums is not a known field'],
    ['{"timeZone":"Mars/Olympus"}', 'timeZone "Mars/Olympus" is not a time zone'],
    ['{"type":"deals"}', 'type must be one of touchpoints, contacts, opportunities'],
  ])('that is %s', async (content, message) => {
    await expect(mappingFile(content)).rejects.toMatchObject({
      code: 'mapping-invalid',
      message: expect.stringContaining(message),
    });
  });

  test.each<[string, CsvMapping, string]>([
    ['names a column that is not there', { columns: { Mail: 'email' } }, 'there is no column "Mail"'],
    ['names an unknown field', { columns: { email: 'e-mail' } }, '"e-mail" is not a field of touchpoints'],
    ['has no time', { columns: { date: null } }, 'no column is mapped to occurredAt'],
    [
      'maps two columns to one field',
      { columns: { date: 'kind', kind: 'kind' } },
      'more than one column is mapped to kind',
    ],
  ])('that %s, before anything is imported', async (_, mapping, message) => {
    const { target } = csv(mapping);
    const rows = 'email,kind,date\na@acme.example,page_view,2026-03-01\n';
    await expect(importFile(target, await file(rows))).rejects.toMatchObject({
      code: 'mapping-invalid',
      message: expect.stringContaining(message),
    });
  });
});
