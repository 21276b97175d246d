import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { TEST_MODEL } from '../../test/journey-models.js';
import { LeadLog, READY_MODEL } from '../../test/qualified-leads.js';
import { until } from '../../test/until.js';
import { leadIdOf, type IdentityKey } from '../domain/identity/keys.js';
import { leadStream } from '../domain/lead-events.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { projections } from '../projections/all.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { modelApplication } from './apply-model.js';
import { qualifyLeads } from './qualify-leads.js';

Logger.overrideLogger(false);

const ada: IdentityKey = 'email:ada@acme.example.com';
const bob: IdentityKey = 'email:bob@acme.example.com';
const leadOf = (key: IdentityKey): string => leadIdOf('main', key);
const CFO = { traits: { title: 'CFO' } };
const HOUR = 3_600_000;

let db: TestDatabase;
let store: PostgresEventStore;
let log: LeadLog;
let runner: SubscriptionRunner;
let clock: Date;

beforeEach(async () => {
  db = await testDatabase();
  store = new PostgresEventStore(db.pool);
  log = new LeadLog(store);
  clock = new Date();
  const subscriptions = [...projections, modelApplication(1), qualifyLeads(() => clock)];
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions });
});
afterEach(async () => {
  await runner.stop();
  await store.close();
  await db.drop();
});

/** Reactors append to the log that they follow: caught up is who has reached a head that stays. */
async function caughtUp(): Promise<void> {
  for (let head = -1n; head !== (await store.head());) {
    head = await store.head();
    await runner.catchUp();
  }
}
const switchOn = async (model: JourneyModel = READY_MODEL): Promise<void> => {
  await log.publish(model);
  await caughtUp();
};
const decisionsOn = (key: IdentityKey) => store.readStream('main', leadStream(leadOf(key)));
const qualifications = async (key: IdentityKey): Promise<unknown[]> =>
  (await decisionsOn(key)).filter(({ type }) => type === 'LeadQualified').map(({ data }) => data);
const lifecycleOf = async (key: IdentityKey): Promise<string | undefined> => {
  const { rows } = await db.pool.query<{ lifecycle: string }>(
    `SELECT lifecycle FROM touchline.lifecycle_at() WHERE workspace = 'main' AND lead_id = $1`,
    [leadOf(key)],
  );
  return rows[0]?.lifecycle;
};

describe('a lead qualifies', () => {
  test('when it meets the definition of its persona, with the reasons and the version of the model', async () => {
    await switchOn();
    await log.touch([ada], 'demo_request', CFO);
    await caughtUp();

    expect(await qualifications(ada)).toEqual([
      {
        ...{
          leadId: leadOf(ada),
          cycle: 1,
          modelVersion: 1,
          persona: 'buyer',
          stage: 'buy',
          score: 30,
          grade: 'C',
        },
        reasons: ['score 30 of 30', 'buying stage Buy (Buy or later)'],
      },
    ]);
    expect(await lifecycleOf(ada)).toBe('qualified');
  });

  test('by a trigger that its journey must be read for', async () => {
    await switchOn();
    await log.touch([bob], 'form_fill', { traits: { title: 'CTO' } });
    await caughtUp();
    expect(await qualifications(bob)).toMatchObject([{ persona: 'engineer', score: 10 }]);
  });

  test('once a cycle, whatever it does next', async () => {
    await switchOn();
    for (let visit = 0; visit < 3; visit += 1) {
      await log.touch([ada], 'demo_request', CFO);
      await caughtUp();
    }
    expect(await decisionsOn(ada)).toHaveLength(1);
  });

  test('when its persona becomes known late, by what it did before', async () => {
    await switchOn({
      ...READY_MODEL,
      leadDefinitions: [{ persona: 'buyer', minScore: 29, minStage: 'buy' }],
    });
    await log.touch([ada], 'demo_request', { hoursAgo: 1 });
    await caughtUp();
    expect(await decisionsOn(ada)).toHaveLength(0);

    await log.touch([ada], 'email_delivered', CFO);
    await caughtUp();
    expect(await qualifications(ada)).toMatchObject([{ persona: 'buyer' }]);
  });

  test('when a known lead claims the visits of an anonymous one', async () => {
    await switchOn();
    await log.touch(['anonymous:a-1'], 'demo_request', { hoursAgo: 0 });
    await caughtUp();
    await log.touch(['anonymous:a-1', ada], 'form_fill', CFO);
    await caughtUp();
    expect(await qualifications(ada)).toHaveLength(1);
  });
});

describe('a lead does not qualify', () => {
  test('by visiting daily, with points that are capped and decay', async () => {
    await switchOn();
    for (let day = 40; day > 0; day -= 1)
      await log.touch([ada], 'page_view', { hoursAgo: 24 * day, traits: { title: 'blogger' } });
    await caughtUp();
    expect(await decisionsOn(ada)).toHaveLength(0);
  });

  test('while it is anonymous', async () => {
    await switchOn();
    await log.touch(['anonymous:a-1'], 'form_fill');
    await log.touch(['anonymous:a-1'], 'form_fill');
    await caughtUp();
    expect(await store.readStream('main', leadStream(leadOf('anonymous:a-1')))).toEqual([]);
  });

  test('by what it did before qualification was switched on, until it does something again', async () => {
    await log.publish(TEST_MODEL);
    await log.touch([ada], 'demo_request', CFO);
    await switchOn();
    expect(await decisionsOn(ada)).toHaveLength(0);

    await log.touch([ada], 'page_view');
    await caughtUp();
    expect(await qualifications(ada)).toHaveLength(1);
  });

  test('when it opted out before it was assessed, until it subscribes again', async () => {
    await switchOn();
    await log.touch([ada], 'demo_request', { ...CFO });
    await log.consent(ada, 'unsubscribed');
    await caughtUp();
    expect(await decisionsOn(ada)).toHaveLength(0);
    expect(await lifecycleOf(ada)).toBe('opted_out');

    await log.consent(ada, 'subscribed');
    await log.touch([ada], 'demo_request', CFO);
    await caughtUp();
    expect(await qualifications(ada)).toHaveLength(1);
  });
});

test('an opt-out in the middle of a cycle shows at once, and the decisions stand', async () => {
  await switchOn();
  await log.touch([ada], 'demo_request', CFO);
  await caughtUp();
  await log.consent(ada, 'unsubscribed');
  await caughtUp();
  expect(await lifecycleOf(ada)).toBe('opted_out');
  await log.consent(ada, 'subscribed');
  await caughtUp();
  expect(await lifecycleOf(ada)).toBe('qualified');
  expect(await decisionsOn(ada)).toHaveLength(1);
});

describe('a new journey model', () => {
  const strict = { ...READY_MODEL, leadDefinitions: [{ persona: 'buyer', minScore: 60 }] };

  test('qualifies who becomes ready by it, and decisions taken stand', async () => {
    await switchOn(strict);
    await log.touch([ada], 'demo_request', CFO);
    await caughtUp();
    expect(await decisionsOn(ada)).toHaveLength(0);
    await log.publish({ ...strict, leadDefinitions: [{ persona: 'buyer', minScore: 20 }] });
    await caughtUp();
    expect(await qualifications(ada)).toMatchObject([
      { modelVersion: 2, reasons: [expect.stringMatching(/of 20$/)] },
    ]);
    await log.publish(strict);
    await caughtUp();
    expect(await lifecycleOf(ada)).toBe('qualified');
  });

  test('does not qualify who was ready by the one before', async () => {
    await log.publish(READY_MODEL);
    await log.touch([ada], 'demo_request', CFO);
    await switchOn({ ...READY_MODEL, leadDefinitions: [{ persona: 'buyer', minScore: 20 }] });
    await log.publish({ ...READY_MODEL, leadDefinitions: [{ persona: 'buyer', minScore: 21 }] });
    await caughtUp();
    expect(await decisionsOn(ada)).toHaveLength(0);
  });
});

describe.each([
  ['at once', undefined],
  ['slice by slice', 0],
])('of leads whose persona changes by a model that reaches them %s', (_how, atOnce) => {
  const [buyer, ...others] = TEST_MODEL.personas;
  const nobody = [{ title: { is: ['nobody'] } }];
  const BLIND: JourneyModel = { ...TEST_MODEL, personas: [{ ...buyer!, when: nobody }, ...others] };
  const publish = async (model: JourneyModel): Promise<void> => {
    await log.publish(model, atOnce);
    await caughtUp();
  };

  test('none qualifies by the first lead definitions', async () => {
    await publish(BLIND);
    await log.touch([ada], 'demo_request', CFO);
    await log.touch([bob], 'demo_request', CFO);
    await caughtUp();
    await publish(READY_MODEL);
    expect([...(await decisionsOn(ada)), ...(await decisionsOn(bob))]).toEqual([]);
    await log.touch([ada], 'page_view');
    await caughtUp();
    expect(await qualifications(ada)).toHaveLength(1);
  });

  test('those qualify who are ready by it and were not by the one before', async () => {
    await publish(TEST_MODEL);
    await log.touch([ada], 'demo_request', CFO);
    await log.touch([ada], 'form_fill');
    await log.touch([bob], 'demo_request', CFO);
    await caughtUp();
    await publish({ ...READY_MODEL, leadDefinitions: [{ persona: 'buyer', minScore: 35 }] });
    const personas = [{ ...buyer!, id: 'chief' }, { ...buyer!, when: nobody }, ...others];
    await publish({ ...READY_MODEL, personas, leadDefinitions: [{ persona: 'chief', minScore: 25 }] });
    expect(await decisionsOn(ada)).toEqual([]);
    expect(await qualifications(bob)).toMatchObject([{ persona: 'chief', modelVersion: 3 }]);
  });
});

describe('a recycled lead', () => {
  const recycle = async (
    rest: { readonly wakeAt?: string; readonly wakeWhen?: { when: object } } = {},
  ): Promise<void> => {
    await switchOn();
    await log.touch([ada], 'demo_request', CFO);
    await caughtUp();
    await log.decide('LeadRecycled', { leadId: leadOf(ada), cycle: 1, reason: 'no budget', ...rest });
    await caughtUp();
    expect(await lifecycleOf(ada)).toBe('recycled');
  };

  test('does not come back to sales by its next visit', async () => {
    await recycle();
    await log.touch([ada], 'page_view');
    await caughtUp();
    expect(await qualifications(ada)).toHaveLength(1);
  });

  test('wakes up on its day without doing anything, as a new cycle at that time', async () => {
    const wakeAt = new Date(Date.now() + 10_000);
    await recycle({ wakeAt: wakeAt.toISOString() });
    clock = new Date(+wakeAt - 1);
    await log.touch([bob], 'page_view');
    await caughtUp();
    expect(await qualifications(ada)).toHaveLength(1);

    // The log takes no event of the future.
    while (Date.now() < +wakeAt) await sleep(50);
    clock = new Date(+wakeAt + HOUR);
    await log.touch([bob], 'page_view');
    await caughtUp();
    const events = await decisionsOn(ada);
    expect(events.at(-1)).toMatchObject({ type: 'LeadQualified', occurredAt: wakeAt, data: { cycle: 2 } });
    expect(await lifecycleOf(ada)).toBe('qualified');
  });

  test('wakes up while nothing happens in the log', async () => {
    clock = new Date(Date.now() + 1_000);
    await recycle({ wakeAt: new Date(+clock + HOUR).toISOString() });
    clock = new Date(+clock + 2 * HOUR);
    runner.start();
    expect(await until(async () => (await qualifications(ada)).length === 2, 10_000)).toBe(true);
  });

  test('wakes up by what it does after it was recycled', async () => {
    await recycle({ wakeWhen: { when: { content: { id: 'pricing' } } } });
    await log.touch([ada], 'page_view');
    await caughtUp();
    expect(await qualifications(ada)).toHaveLength(1);
    await log.touch([ada], 'page_view', { content: { url: 'https://acme.example/pricing' } });
    await caughtUp();
    expect(await qualifications(ada)).toMatchObject([{ cycle: 1 }, { cycle: 2 }]);
  });
});

test('a lead that was merged into one that sales have does not qualify again', async () => {
  await switchOn();
  await log.touch([ada], 'demo_request', CFO);
  await caughtUp();
  await log.touch([ada, 'user:u-1'], 'demo_request', { ...CFO, hoursAgo: 24 * 365 });
  await log.touch(['user:u-1'], 'demo_request', CFO);
  await caughtUp();
  expect(await store.readStream('main', leadStream(leadOf('user:u-1')))).toHaveLength(0);
  expect(await decisionsOn(ada)).toHaveLength(1);
});
