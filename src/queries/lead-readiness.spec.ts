import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testApp, type TestApp } from '../../test/app.js';
import { LeadLog, READY_MODEL } from '../../test/qualified-leads.js';
import { until } from '../../test/until.js';

let server: TestApp;
let log: LeadLog;
beforeAll(async () => {
  server = await testApp();
  log = new LeadLog(server.runtime.store);
  await log.publish({ ...READY_MODEL, scoring: { ...READY_MODEL.scoring, halfLifeDays: 3_000 } });
});
afterAll(() => server.close());

interface Explanation {
  readonly asOf: string;
  readonly modelVersion: number;
  readonly lifecycle: string;
  readonly readiness: {
    readonly ready: boolean;
    readonly holds: string[];
    readonly missing: string[];
    readonly summary: string;
  };
  readonly decisions: readonly {
    readonly decision: string;
    readonly cycle: number;
    readonly reasons: readonly string[];
  }[];
}

async function explain(who: string, query = ''): Promise<Explanation> {
  const at = query === '' ? `minPosition=${await server.runtime.store.head()}` : query;
  const response = await server.app.inject({
    method: 'GET',
    url: `/api/leads/${who}/explain?${at}`,
    headers: { authorization: `Bearer ${server.keys.apiKey}` },
  });
  return response.json();
}

test('a lead that is not ready is told what is missing, with the version of the model', async () => {
  await log.touch(['email:cfo@acme.example.com'], 'page_view', { traits: { title: 'CFO' } });
  expect(await explain('email:cfo@acme.example.com')).toMatchObject({
    modelVersion: 2,
    lifecycle: 'engaged',
    readiness: {
      ready: false,
      holds: [],
      missing: ['score 1 of 30', 'buying stage Look; Buy or later is required'],
      summary: 'Not ready: score 1 of 30; buying stage Look; Buy or later is required',
    },
    decisions: [],
  });
});

test('a lead that becomes ready qualifies with the reasons that its explanation gave, which stays the same as of then', async () => {
  await log.touch(['email:cto@acme.example.com'], 'form_fill', { traits: { title: 'CTO' } });
  const qualified = await until(
    async () => (await explain('email:cto@acme.example.com')).decisions.length > 0,
    20_000,
  );
  expect(qualified).toBe(true);
  const after = await explain('email:cto@acme.example.com');
  const holds = ['score 10 of 10', expect.stringMatching(/^trigger form on /)];
  expect(after).toMatchObject({
    lifecycle: 'qualified',
    readiness: {
      ready: false,
      holds,
      missing: ['is in process already: it is qualified and waits to be handed off'],
    },
    decisions: [{ decision: 'LeadQualified', cycle: 1, reasons: holds }],
  });
  const before = await explain('email:cto@acme.example.com', `asOf=${BigInt(after.asOf) - 1n}`);
  expect(before).toMatchObject({
    lifecycle: 'engaged',
    readiness: { ready: true, holds, missing: [] },
    decisions: [],
  });
  expect(before.readiness.summary).toMatch(/^Ready because: score 10 of 10; trigger form on /);
});

test('an anonymous lead is not ready whatever it does', async () => {
  await log.touch(['anonymous:a-1'], 'form_fill');
  expect((await explain('anonymous:a-1')).readiness.missing).toContain(
    'nobody knows who it is: it has no e-mail address, user id or CRM id',
  );
});

test('an address that bounced for good keeps a lead from sales until mail to it arrives, and only that address', async () => {
  const [old, works] = ['email:mia@old.acme.example.com', 'email:mia@acme.example.com'] as const;
  const bounce = { properties: { bounceType: 'hard' } };
  await log.touch([old], 'page_view', { traits: { title: 'CFO' } });
  await log.touch([old], 'email_bounce', { properties: { bounceType: 'soft' } });
  expect(await explain(old)).toMatchObject({ address: { kinds: [], bouncedAt: null } });
  await log.touch([old], 'email_bounce', bounce);
  const dead = 'its e-mail address does not work: mail bounced on ';
  expect(await explain(old)).toMatchObject({
    address: { email: 'mia@old.acme.example.com', kinds: ['bounced'] },
    readiness: { missing: [expect.stringContaining(dead), expect.anything(), expect.anything()] },
  });
  await log.touch([old], 'email_delivered');
  expect(await explain(old)).toMatchObject({ address: { kinds: [], bouncedAt: null } });
  await log.touch([old], 'email_bounce', bounce);
  await log.touch([works, 'user:mia'], 'form_fill');
  await log.touch([old, 'user:mia'], 'email_delivered');
  await log.touch([works, 'user:mia'], 'page_view');
  expect(await explain('user:mia')).toMatchObject({
    address: { email: 'mia@acme.example.com', kinds: [], bouncedAt: null },
  });
});
