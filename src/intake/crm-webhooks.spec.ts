import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { problemCode, WebhookServer } from '../../test/webhook-server.js';
import { replay } from '../domain/decider.js';
import { opportunity, type OpportunityEvent } from '../domain/opportunity.js';
import { crm as crmFormat } from './formats/crm.js';
import { checker } from './schema.js';

const SECRET = 'shared';
const ORGANIZATION = '00D000000000001EAA';

let hooks: WebhookServer;
let salesforce: string;
let guarded: string;
let crm: string;
let hubspot: string;
let head: bigint;
beforeAll(async () => {
  hooks = await WebhookServer.start();
  const add = async (name: string, format: string, settings: object, secrets: readonly string[]) =>
    `/webhooks/${format}/${await hooks.addCollector({ name, format, settings, secrets })}`;
  const organizations = { currency: 'EUR', organizationIds: [ORGANIZATION.slice(0, 15)] };
  salesforce = await add('sales', 'salesforce', organizations, []);
  guarded = await add('guarded', 'salesforce', organizations, [SECRET]);
  crm = await add('crm', 'crm', { currency: 'EUR' }, [SECRET]);
  hubspot = await add('hubspot', 'hubspot', { currency: 'EUR' }, [SECRET]);
});
afterAll(() => hooks.stop());
beforeEach(async () => {
  head = await hooks.server.store.head();
});

type Headers = Record<string, string>;
const XML = { 'content-type': 'text/xml; charset=utf-8' };
const BEARER = { authorization: `Bearer ${SECRET}` };

const fixture = (format: string, name: string): { readonly text: string; readonly body: unknown } =>
  JSON.parse(readFileSync(`test/formats/${format}/${name}.in.json`, 'utf8')) as never;
const soap = (name: string): string => fixture('salesforce', name).text;

const notification = (id: number, type: string, fields: object): string =>
  `<Notification><Id>04l${id}</Id><sObject xsi:type="sf:${type}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">${Object.entries(
    fields,
  )
    .map(([name, value]) => `<sf:${name}>${String(value)}</sf:${name}>`)
    .join('')}</sObject></Notification>`;
const outbound = (notifications: readonly string[], organization = ORGANIZATION): string =>
  `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
  `<Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>${organization}</OrganizationId>` +
  `${notifications.join('')}</notifications></Body></Envelope>`;

async function refusedWith(answer: Response): Promise<unknown> {
  return [answer.status, await problemCode(answer)];
}

const stateOf = async (id: string) => {
  const log = await hooks.server.store.readStream('main', `opportunity-${id}`);
  const state = replay(opportunity, log as readonly OpportunityEvent[]);
  const { events: _, opening: __, reportedAt: ___, roles: ____, contacts, ...fields } = state;
  return { ...fields, contacts: contacts.map(({ keys, role }) => [keys, role]) };
};

describe('an outbound message of Salesforce', () => {
  test('is acknowledged once its notifications are kept, and again when it is sent again', async () => {
    const first = await hooks.post(salesforce, soap('people'), XML);
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'text/xml; charset=utf-8']);
    expect(await first.text()).toContain('<Ack>true</Ack>');
    const { events } = await hooks.stored(head);
    expect(events.map(({ type, collector }) => [type, collector])).toContainEqual([
      'AccountObserved',
      'sales',
    ]);
    expect((await hooks.post(salesforce, soap('people'), XML)).status).toBe(200);
    expect((await hooks.stored(head)).events).toEqual(events);
  });

  test.each([
    [
      'without an organisation',
      '<Envelope/>',
      'The body is not an outbound message: it has no OrganizationId',
    ],
    ['that is no XML', 'text', 'The body is not XML: text data outside of root node.'],
    ['that is JSON', '{"a":1}', 'The body is not XML: '],
    ['that is empty', '', 'The body is not XML: document must contain a root element.'],
    [
      'that declares entities',
      `<!DOCTYPE x [<!ENTITY a "b">]>${outbound([])}`,
      'A document type declaration',
    ],
    [
      'that uses entities nobody declared',
      outbound(['<x>&a;</x>']),
      'The body is not XML: undefined entity.',
    ],
    ['that is not closed', outbound([]).slice(0, -3), 'The body is not XML: '],
    ['with levels without end', '<a>'.repeat(100_000), 'The body has more than 10 levels'],
  ])(
    '%s is refused as malformed, whatever the collector is set to, and nothing is stored',
    async (_, body, detail) => {
      const before = await hooks.stored(head);
      for (const path of [salesforce, guarded, `${guarded}?secret=${SECRET}`]) {
        const answer = await hooks.post(path, body, XML);
        expect([answer.status, await answer.json()]).toEqual([
          400,
          expect.objectContaining({
            code: 'unreadable-body',
            detail: expect.stringContaining(detail) as unknown,
          }),
        ]);
      }
      expect(await hooks.stored(head)).toEqual(before);
    },
  );

  test('of another organisation is refused, and nothing is stored', async () => {
    const before = await hooks.stored(head);
    const answer = await hooks.post(salesforce, outbound([], '00D000000000002EAA'), XML);
    expect(await refusedWith(answer)).toEqual([401, 'organization-unknown']);
    expect(await hooks.stored(head)).toEqual(before);
  });

  test('needs the secret in its address where the collector has one', async () => {
    const body = outbound([]);
    expect((await hooks.post(`${guarded}?secret=${SECRET}`, body, XML)).status).toBe(200);
    for (const query of ['', '?secret=', '?secret=other', '?secret=share'])
      expect(await refusedWith(await hooks.post(guarded + query, body, XML))).toEqual([
        401,
        'signature-invalid',
      ]);
  });

  test('at no collector of Salesforce is refused', async () => {
    expect((await hooks.post('/webhooks/salesforce/nobody', outbound([]), XML)).status).toBe(404);
    const other = salesforce.replace('/salesforce/', '/hubspot/');
    expect((await hooks.post(other, outbound([]), XML)).status).toBe(404);
  });

  test('with more than 100 notifications is kept as rejected', async () => {
    const many = Array.from({ length: 101 }, (_, id) => notification(id, 'Contact', { Id: `003${id}` }));
    const { rejected } = await hooks.stored();
    expect((await hooks.post(salesforce, outbound(many), XML)).status).toBe(413);
    expect((await hooks.rejectedCodes()).slice(rejected)).toEqual(['too-many-events']);
  });

  test('with 10 MB is refused', async () => {
    const body = outbound([notification(1, 'Contact', { Id: '003', Name: 'x'.repeat(10_000_000) })]);
    expect((await hooks.post(salesforce, body, XML)).status).toBe(413);
  });

  test('gives the same opportunity in any order, twice, or with the latest state alone', async () => {
    const states = [
      { StageName: 'Discovery', Amount: '100', IsWon: false, IsClosed: false, OwnerId: '0051' },
      { StageName: 'Proposal', Amount: '120.50', IsWon: false, IsClosed: false, OwnerId: '0051' },
      { StageName: 'Closed Won', Amount: '110', IsWon: true, IsClosed: true, OwnerId: '0052' },
    ];
    let nr = 0;
    const historyOf = (id: string) =>
      states.map((state, day) => {
        const dates = { CreatedDate: '2026-01-01T00:00:00Z', CloseDate: '2026-01-03' };
        const SystemModstamp = `2026-01-0${day + 2}T00:00:00Z`;
        return notification((nr += 1), 'Opportunity', { Id: id, ...state, ...dates, SystemModstamp });
      });
    const send = async (notifications: readonly string[]) =>
      expect((await hooks.post(salesforce, outbound(notifications), XML)).status).toBe(200);
    await send(historyOf('006-0'));
    const expected = await stateOf('006-0');
    expect(expected).toMatchObject({
      status: 'won',
      stage: 'Closed Won',
      amountMinor: 11_000,
      owner: '0052',
    });
    expect(expected.closedAt).toEqual(new Date('2026-01-03'));
    let id = 0;
    const subset = fc.shuffledSubarray([0, 1, 2, 0, 1, 2]).filter((order) => order.includes(2));
    await fc.assert(
      fc.asyncProperty(subset, async (order) => {
        const history = historyOf(`006-${(id += 1)}`);
        for (const nth of order) await send([history[nth] ?? '']);
        expect(await stateOf(`006-${id}`)).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });
});

describe('a message of any CRM', () => {
  const body = JSON.stringify({ type: 'contact', id: 'm-1', data: { id: 'c-1' } });
  const hex = (secret: string) => createHmac('sha256', secret).update(body).digest('hex');
  const basic = (password: string) => `Basic ${Buffer.from(`touchline:${password}`).toString('base64')}`;

  test.each<[string, Headers]>([
    ['as Bearer', BEARER],
    ['as password', { authorization: basic(SECRET) }],
    ['as header X-Write-Key', { 'x-write-key': SECRET }],
    ['by a signature', { 'x-hub-signature-256': `sha256=${hex(SECRET)}` }],
    ['by a bare signature', { 'x-signature-256': hex(SECRET).toUpperCase() }],
  ])('is accepted with the secret %s', async (_, headers) => {
    expect((await hooks.post(crm, body, headers)).status).toBe(200);
  });

  test.each([
    ['as Bearer', (secret: string) => `Bearer ${secret}`],
    ['as Bearer in lower case, with more spaces', (secret: string) => `bearer   ${secret} `],
    ['as password', basic],
  ])('is accepted with a secret of several words %s', async (way, authorizationOf) => {
    const secret = 'a secret: of several words';
    const id = await hooks.addCollector({ name: `words ${way}`, format: 'crm', secrets: [secret] });
    const post = (sent: string) =>
      hooks.post(`/webhooks/crm/${id}`, body, { authorization: authorizationOf(sent) });
    expect((await post(secret)).status).toBe(200);
    const cut = await post('a');
    expect(await refusedWith(cut)).toEqual([401, 'signature-invalid']);
  });

  test.each<[string, Headers, string]>([
    ['another secret', { authorization: 'Bearer other' }, 'signature-invalid'],
    ['another password', { authorization: basic('other') }, 'signature-invalid'],
    [
      'a signature of another secret',
      { 'x-hub-signature-256': `sha256=${hex('other')}` },
      'signature-invalid',
    ],
    [
      'a wrong signature beside the secret',
      { ...BEARER, 'x-hub-signature-256': 'sha256=' },
      'signature-invalid',
    ],
    ['no secret', {}, 'signature-missing'],
  ])('is refused with %s, and nothing is stored', async (_, headers, code) => {
    const before = await hooks.stored(head);
    expect(await refusedWith(await hooks.post(crm, body, headers))).toEqual([401, code]);
    expect(await hooks.stored(head)).toEqual(before);
  });

  test('is recorded once, and so is a version of an activity, however often it is sent', async () => {
    const { body: items } = fixture('crm', 'pipedrive') as {
      body: { meta: { id: string; entity: string } }[];
    };
    const edited = items.map(({ meta, ...more }) => ({ ...more, meta: { ...meta, id: `${meta.id}-2` } }));
    await hooks.post(crm, JSON.stringify(items), BEARER);
    const { events } = await hooks.stored(head);
    expect(events.filter(({ type }) => type === 'TouchpointRecorded')).toHaveLength(1);
    await hooks.post(crm, JSON.stringify(edited.filter(({ meta }) => meta.entity === 'activity')), BEARER);
    await hooks.post(crm, JSON.stringify(items), BEARER);
    expect((await hooks.stored(head)).events).toEqual(events);
  });

  test('is a fact of its own for each version of an activity', async () => {
    const report = (id: string, modifiedAt: string, name: string) => ({
      ...{ id, type: 'activity', occurredAt: '2026-01-01T10:00:00Z' },
      data: { id: 'edited', contactId: 'c-9', kind: 'meeting', modifiedAt, name },
    });
    const [first, moved] = [report('1', '2026-01-01', 'Demo'), report('2', '2026-01-02', 'Demo, moved')];
    const again = { ...moved, id: '3' };
    await hooks.post(crm, JSON.stringify([moved, first]), BEARER);
    await hooks.post(crm, JSON.stringify([first, again]), BEARER);
    const { events } = await hooks.stored(head);
    expect(events.map(({ data }) => data)).toEqual(
      [moved, first].map(({ data: { name, modifiedAt } }) =>
        expect.objectContaining({ name, revises: { id: 'edited', at: new Date(modifiedAt).toISOString() } }),
      ),
    );
  });
});

describe('docs/how-to/crm.md', () => {
  const text = readFileSync('docs/how-to/crm.md', 'utf8');

  test('shows messages that are accepted', async () => {
    const body = /-d '(\[[^']*\])'/.exec(text)?.[1] ?? '';
    const answer = await hooks.post(crm, body, BEARER);
    const { receipts } = (await answer.json()) as { receipts: { status: string }[] };
    expect(receipts.map(({ status }) => status)).not.toContain('rejected');
    expect(receipts).toHaveLength(4);
  });

  test('shows settings that collectors accept', () => {
    const examples = [...text.matchAll(/```json\n([^]*?)```/g)].map(
      ([, json = '']) => JSON.parse(json) as object,
    );
    const settings = examples.flatMap((each) => ('settings' in each ? [each.settings] : []));
    expect(settings.length).toBeGreaterThan(0);
    const check = checker(crmFormat.settings ?? {});
    expect(settings.map(check)).toEqual(settings.map(() => undefined));
  });
});

/** Law 9 with generated input: each request is refused, or each of its items is in the log or in `rejected`. Never a 5xx. */
describe('whatever a CRM sends', () => {
  const anything = fc.oneof(
    fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 }),
    fc.constantFrom(
      '101',
      'contact',
      '__proto__',
      'ada@acme.example',
      '2026-01-01',
      1e308,
      -0,
      null,
      [],
      {},
      '\0',
    ),
  );
  const mutated = (items: readonly object[]): fc.Arbitrary<unknown> =>
    fc
      .tuple(
        fc.constantFrom(...items),
        fc.array(fc.tuple(fc.string(), anything), { maxLength: 2 }),
        fc.nat(),
        anything,
      )
      .map(([item, extra, at, value]) => {
        const copy = structuredClone(item) as Record<string, unknown>;
        const inner = Object.values(copy).filter((each) => typeof each === 'object' && each !== null);
        const target = (inner[at % (inner.length + 1)] ?? copy) as Record<string, unknown>;
        const names = Object.keys(target);
        const name = names[at % Math.max(names.length, 1)];
        if (name !== undefined) target[name] = value;
        return { ...copy, ...Object.fromEntries(extra) };
      });
  const itemsOf = (format: string, ...names: string[]) =>
    names
      .flatMap((name) => fixture(format, name).body as object[])
      .filter((each) => typeof each === 'object');

  const keptOrRecorded = async (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Headers) => {
    const answer = await hooks.post(path, body, headers);
    expect(answer.status).toBeLessThan(500);
    return answer.status;
  };
  const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 150) };

  test.each([
    ['HubSpot', () => hubspot, itemsOf('hubspot', 'contacts', 'companies', 'deals', 'associations')],
    ['any CRM', () => crm, itemsOf('crm', 'pipedrive', 'own')],
  ])('mutated items of %s are recorded or kept', async (_, pathOf, items) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(mutated(items), anything), { minLength: 1, maxLength: 5 }),
        async (all) => {
          const body = JSON.stringify(all);
          const signature = createHash('sha256')
            .update(SECRET + body)
            .digest('hex');
          const headers = pathOf() === hubspot ? { 'x-hubspot-signature': signature } : BEARER;
          expect(await keptOrRecorded(pathOf(), body, headers)).toBe(200);
        },
      ),
      runs,
    );
  });

  test('mutated and random bytes to Salesforce are recorded, kept or refused', async () => {
    const texts = ['people', 'opportunities', 'activities', 'refused'].map(soap);
    const changed = fc
      .tuple(
        fc.constantFrom(...texts),
        fc.nat(),
        fc.nat(40),
        fc.oneof(fc.string({ unit: 'binary' }), fc.constant('<a>')),
      )
      .map(([text, at, length, put]) => {
        const from = at % text.length;
        return text.slice(0, from) + put + text.slice(from + length);
      });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 4, arbitrary: changed }, fc.string({ unit: 'binary' })),
        async (body) => {
          expect([200, 400, 401, 413]).toContain(await keptOrRecorded(salesforce, body, XML));
        },
      ),
      runs,
    );
  });

  test('random bytes are refused or kept', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (bytes) => {
        const body = Uint8Array.from(bytes);
        expect([200, 400]).toContain(await keptOrRecorded(crm, body, BEARER));
      }),
      runs,
    );
  });
});
