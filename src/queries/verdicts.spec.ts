import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ExampleApi, exampleApi } from '../../test/example-api.js';
import { activity, withdrawal } from '../../test/activities.js';
import { mailTouch } from '../../test/mails.js';
import { entry, pageView } from '../../test/sample-events.js';
import { ruleId } from '../../test/rule-ids.js';
import type { LeadExplanation } from './lead-explain.js';
import type { LeadJourneyAnswer } from './lead-journey.js';

const LEAD = 'email:vera@vanguard.example';
const [FIRST, SECOND, OPEN] = [
  mailTouch('verdict first', 'email_click', 3_600, [LEAD], { link: 'a' }),
  mailTouch('verdict second', 'email_click', 3_600.5, [LEAD], { link: 'b' }),
  mailTouch('verdict open', 'email_open', 7_200, [LEAD], {
    verdict: 'machine_open',
    verdictReasons: ['apple-mail-proxy'],
  }),
];

let api: ExampleApi;
let before: string;
let changedAt: string;
const head = async (): Promise<string> =>
  (await api.get<LeadJourneyAnswer>(`/api/leads/${LEAD}/journey`)).body.asOf;

beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', [FIRST, OPEN]);
  await api.runner.catchUp();
  before = await head();
  await api.add('main', [SECOND]);
  await api.runner.catchUp();
  changedAt = await head();
});
afterAll(() => api?.close());

const change = () => ({
  ...{ touchpointId: FIRST.event.id, position: changedAt, causedBy: SECOND.event.id },
  ...{ before: 'human', verdict: 'link_scanner', reasons: ['links-at-once'] },
});

test('the journey says why a touchpoint has its verdict, and which event changed it when', async () => {
  const { body } = await api.get<LeadJourneyAnswer>(`/api/leads/${LEAD}/journey`);
  const scanned = { verdict: 'link_scanner', verdictReasons: ['links-at-once'] };
  expect(
    body.items.map(({ verdict, verdictReasons, verdictChanges }) => ({
      verdict,
      verdictReasons,
      verdictChanges,
    })),
  ).toEqual([
    { ...scanned, verdictChanges: [change()] },
    { ...scanned, verdictChanges: [] },
    { verdict: 'machine_open', verdictReasons: ['apple-mail-proxy'], verdictChanges: [] },
  ]);
});

test('the explanation of a lead counts verdicts with their reasons, and lists what changed them', async () => {
  const { body } = await api.get<LeadExplanation>(`/api/leads/${LEAD}/explain`);
  expect(body.verdicts).toEqual([
    { verdict: 'link_scanner', reasons: ['links-at-once'], touchpoints: 2 },
    { verdict: 'machine_open', reasons: ['apple-mail-proxy'], touchpoints: 1 },
  ]);
  expect(body.verdictChanges).toEqual([change()]);
});

test('as of a position before the change both answer as they did', async () => {
  const { body } = await api.get<LeadJourneyAnswer>(`/api/leads/${LEAD}/journey?asOf=${before}`);
  expect(body.items.map(({ verdict, verdictChanges }) => [verdict, verdictChanges])).toEqual([
    ['human', []],
    ['machine_open', []],
  ]);
  const { body: explained } = await api.get<LeadExplanation>(`/api/leads/${LEAD}/explain?asOf=${before}`);
  expect(explained.verdicts.map(({ verdict }) => verdict)).toEqual(['human', 'machine_open']);
  expect(explained.verdictChanges).toEqual([]);
});

test('bi shows verdicts with their reasons and what the event itself said', async () => {
  const { rows } = await api.db.pool.query(
    `SELECT verdict, verdict_reasons AS reasons, verdict_recorded AS recorded, is_human AS "isHuman"
       FROM bi.fact_touchpoint WHERE identity_keys = ARRAY[$1] ORDER BY occurred_at`,
    [LEAD],
  );
  const scanned = { verdict: 'link_scanner', reasons: ['links-at-once'], recorded: 'human', isHuman: false };
  const opened = {
    verdict: 'machine_open',
    reasons: ['apple-mail-proxy'],
    recorded: 'machine_open',
    isHuman: false,
  };
  expect(rows).toEqual([scanned, scanned, opened]);
});

test('a rule of the workspace is named by the touchpoints that it decides, and its event by their changes', async () => {
  const lead = 'email:otto@vanguard.example';
  const id = ruleId(7);
  const visit = (name: string, at: number, ip: string) => pageView(name, at, [lead], { context: { ip } });
  const [inside, outside] = [visit('rule inside', 20, '203.0.113.9'), visit('rule outside', 21, '192.0.2.9')];
  const match = { networks: ['203.0.113.0/24'] };
  const rule = entry('verdict rule', 'verdict-rules', 'VerdictRulePublished', 50, {
    rule: { ruleId: id, verdict: 'internal', match },
  });
  await api.add('main', [inside, outside]);
  await api.runner.catchUp();
  await api.add('main', [rule]);
  await api.runner.catchUp();

  const { body } = await api.get<LeadJourneyAnswer>(`/api/leads/${lead}/journey`);
  expect(body.items.map(({ verdict, verdictRuleId }) => [verdict, verdictRuleId])).toEqual([
    ['internal', id],
    ['human', null],
  ]);
  const { body: explained } = await api.get<LeadExplanation>(`/api/leads/${lead}/explain`);
  expect(explained.verdicts.map(({ verdict, touchpoints }) => [verdict, touchpoints]).sort()).toEqual([
    ['human', 1],
    ['internal', 1],
  ]);
  expect(explained.verdictChanges).toMatchObject([
    { touchpointId: inside.event.id, causedBy: rule.event.id, before: 'human', verdict: 'internal' },
  ]);
  const { rows } = await api.db.pool.query(
    `SELECT verdict, verdict_recorded AS recorded FROM bi.fact_touchpoint WHERE identity_keys = ARRAY[$1] ORDER BY occurred_at`,
    [lead],
  );
  expect(rows).toEqual([
    { verdict: 'internal', recorded: 'human' },
    { verdict: 'human', recorded: 'human' },
  ]);
});

test('the journey and the explanation keep each version of an activity, say which counts and what replaced the others', async () => {
  const contact = ['crm:versions'] as const;
  const first = activity('version 1', { id: 'a-1', modified: 10 }, 9, contact, { name: 'Demo' });
  const moved = activity('version 2', { id: 'a-1', modified: 11 }, 10, contact, { name: 'Demo, moved' });
  const cancelled = withdrawal('version 3', { id: 'a-1', modified: 12 }, 'cancelled');
  const read = async (query = '') => {
    const { body } = await api.get<LeadJourneyAnswer>(`/api/leads/crm:versions/journey${query}`);
    return body.items.map(({ name, verdict, verdictReasons, verdictChanges: [last] }) => [
      ...[name, verdict, verdictReasons.join(' '), last?.causedBy],
    ]);
  };
  const add = async (event: typeof first): Promise<string> => {
    await api.add('main', [event]);
    await api.runner.catchUp();
    return (await api.get<LeadJourneyAnswer>('/api/leads/crm:versions/journey')).body.asOf;
  };
  const replaced = (by: typeof first) => ['superseded', 'later-version', by.event.id];

  await add(moved);
  const asOf = await add(first);
  const whileItStood = [
    ['Demo', 'superseded', 'later-version', undefined],
    ['Demo, moved', 'unknown', '', undefined],
  ];
  expect(await read()).toEqual(whileItStood);
  await add(cancelled);
  expect(await read()).toEqual([whileItStood[0], ['Demo, moved', ...replaced(cancelled)]]);
  expect(await read(`?asOf=${asOf}`)).toEqual(whileItStood);
  const { body } = await api.get<LeadExplanation>('/api/leads/crm:versions/explain');
  expect(body.verdicts).toEqual([{ verdict: 'superseded', reasons: ['later-version'], touchpoints: 2 }]);
});
