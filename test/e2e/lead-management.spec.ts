import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { ReceivedMessage } from '../webhook-receiver.js';
import { LeadDesk, type Person } from './lead-desk.js';
import { endedWeek, leadProcess } from './lead-process.js';

const HOUR = 3_600_000;
const WEEK = endedWeek(new Date());

let desk: LeadDesk;
beforeAll(async () => {
  desk = await LeadDesk.start();
  const file = await desk.file('process.yaml', leadProcess(WEEK));
  expect(await desk.touchline('model', 'publish', file, '--by', 'ada')).toMatchObject({ code: 0, error: '' });
}, 120_000);
afterAll(() => desk?.stop());

/** What somebody did some days ago. */
const did = (who: object, daysAgo: number, kind: string, more: object = {}): object => ({
  ...{ ...who, kind, occurredAt: new Date(Date.now() - daysAgo * 24 * HOUR).toISOString(), ...more },
});
const reads = (who: object, daysAgo: number, content: string): object =>
  did(who, daysAgo, 'content_download', { content: { id: content } });
const chief = (name: string, country: string): Person => {
  const traits = { title: 'CFO', country };
  return { email: `${name}@${name}.example`, ...{ traits } };
};
/** Reads what makes an economic buyer ready. */
const becomesReady = (who: object): object[] => [reads(who, 0.2, 'comparison'), reads(who, 0.1, 'study')];
const typesOf = (messages: readonly ReceivedMessage[]): string[] =>
  messages.map(({ type, data }) => `${type} ${data.cycle}`);

test('the daily visitor who is no prospect never qualifies, because points are capped and decay', async () => {
  const fan = { email: 'fan@blog.example', traits: { title: 'blogger' } };
  const visits = Array.from({ length: 180 }, (_, nth) => did(fan, nth / 2, 'page_view'));
  await desk.send(...visits);

  const { lifecycle, score, readiness, decisions } = await desk.explain(fan);
  expect([lifecycle, decisions, readiness.ready]).toEqual(['engaged', [], false]);
  expect(readiness.summary).toMatch(
    /^Not ready: score \d+(\.\d)? of 40; buying stage Explores; Justifies or later is required$/,
  );
  const [{ points, touchpoints } = { points: 0, touchpoints: 0 }] = await desk.query<{
    points: number;
    touchpoints: number;
  }>(
    `SELECT (SELECT sum(points)::float8 FROM bi.fact_score_change s WHERE s.lead_key = l.lead_key) AS points,
            (SELECT count(*)::int FROM bi.fact_touchpoint t WHERE t.lead_key = l.lead_key) AS touchpoints
     FROM bi.lead_current l WHERE email = $1`,
    [fan.email],
  );
  expect(touchpoints).toBe(180);
  // Three a week of the 14 weeks that 90 days touch at most. Of those of two weeks ago half is left, and so on.
  expect(points).toBeLessThanOrEqual(3 * 14);
  expect(score).toBeLessThan(points / 2);
});

test('the quiet decision maker qualifies with few touches at the right stage, and sales see why', async () => {
  const carla = chief('carla', 'DE');
  await desk.send(reads(carla, 9, 'comparison'));
  expect((await desk.explain(carla)).readiness.summary).toMatch(
    /^Not ready: score \d+(\.\d)? of 25; no buying stage yet; Justifies or later is required$/,
  );
  await desk.send(did(carla, 0.2, 'page_view'), reads(carla, 0.1, 'study'));

  const { readiness, decisions, lifecycle } = await desk.explain(carla);
  expect([lifecycle, ...decisions.map(({ decision }) => decision)]).toEqual([
    ...['handed_off', 'LeadQualified', 'LeadHandedOff'],
  ]);
  expect(readiness.summary).toBe('Not ready: is in process already: it is handed off to sales');
  expect(await desk.handOffOf(carla, 'rep=eva')).toMatchObject({
    ...{ state: 'handed_off', clock: 'running' },
    lead: {
      ...{ persona: 'decider', stage: 'justify', grade: 'A' },
      scoreReasons: [{ rule: 'report' }, { rule: 'page' }],
      lastTouchpoints: [{ contentTitle: 'What it returned' }, {}, { contentTitle: 'Five vendors compared' }],
    },
  });
  const messages = await desk.messagesOf(carla, 2);
  expect(typesOf(messages)).toEqual(['lead.qualified 1', 'lead.handed_off 1']);
  const [{ body, headers }] = messages as [ReceivedMessage];
  const verified = new Webhook(desk.webhookSecret).verify(body, headers as Record<string, string>);
  const reasons = [/^score \S+ of 25$/, /^grade A /, /^buying stage Justifies /];
  expect(verified).toMatchObject({
    data: { reasons: reasons.map((each) => expect.stringMatching(each) as unknown) },
  });
});

describe('a recycled lead', () => {
  test('wakes on its day as a new cycle, and is handed off again', async () => {
    const rita = chief('rita', 'DE');
    await desk.send(...becomesReady(rita));
    await desk.decide(rita, 'accept', { by: 'eva' });
    const wakeAt = new Date(Date.now() + 3_000).toISOString();
    await desk.decide(rita, 'recycle', { by: 'eva', reason: 'budget next quarter', wakeAt });
    expect(typesOf(await desk.messagesOf(rita, 6))).toEqual([
      ...['lead.qualified 1', 'lead.handed_off 1', 'lead.accepted 1', 'lead.recycled 1'],
      ...['lead.qualified 2', 'lead.handed_off 2'],
    ]);
  });

  test('sleeps through visits, and wakes when it does what sales wait for', async () => {
    const walt = chief('walt', 'DE');
    await desk.send(...becomesReady(walt));
    const wakeWhen = { when: { content: { id: 'pricing' } } };
    await desk.decide(walt, 'recycle', { by: 'eva', reason: 'no project', wakeWhen });
    await desk.send(did(walt, 0, 'page_view'));
    const asleep = await desk.explain(walt);
    expect(asleep.lifecycle).toBe('recycled');
    expect(asleep.readiness.summary).toMatch(/was recycled on \S+: score since then 1 of 25/);
    await desk.send(did(walt, 0, 'page_view', { content: { url: 'https://acme.example/pricing' } }));
    expect((await desk.explain(walt)).decisions.slice(3)).toMatchObject([
      { decision: 'LeadQualified', cycle: 2 },
      { decision: 'LeadHandedOff', cycle: 2 },
    ]);
  });
});

test('a lead that opts out in mid-cycle leaves the queue at once, and nobody can accept it', async () => {
  const otto = chief('otto', 'DE');
  await desk.send(...becomesReady(otto));
  expect(await desk.handOffOf(otto, 'rep=eva')).toBeDefined();
  await desk.report('contact', { id: 'c-otto', email: otto.email, optedOut: true });

  expect(await desk.explain(otto)).toMatchObject({
    ...{ lifecycle: 'opted_out', decisions: [{}, { decision: 'LeadHandedOff' }] },
    readiness: { missing: [expect.stringMatching(/^opted out of mail on \d{4}-/), expect.anything()] },
  });
  expect(await desk.handOffOf(otto, 'rep=eva')).toBeUndefined();
  expect(await desk.handOffOf(otto)).toMatchObject({ state: 'opted_out' });
  expect(await desk.decide(otto, 'accept', { by: 'eva' })).toMatchObject({ code: 'lead-opted-out' });
});

test('two reps with unequal load get leads by the share of their capacity that is free, and the next one waits', async () => {
  const leads = Array.from({ length: 7 }, (_, nth) => chief(`lead-${nth}`, nth % 2 ? 'ES' : 'PT'));
  await desk.send(...leads.flatMap(becomesReady));
  const load = async (rep: string): Promise<number> => (await desk.handOffs(`rep=${rep}`)).length;
  expect([await load('ada'), await load('bob')]).toEqual([4, 2]);
  const { items } = await desk.get<{
    items: { reason: string; lead: Person; busy: { recipient: string }[] }[];
  }>('/api/handoffs/unroutable');
  expect(items).toMatchObject([
    { reason: 'nobody-free', busy: [{ recipient: 'ada' }, { recipient: 'bob' }] },
  ]);

  const [first] = await desk.handOffs('rep=bob');
  await desk.decide(first?.lead ?? { email: '' }, 'disqualify', { by: 'bob', reason: 'student' });
  expect(await desk.handOffOf(items[0]?.lead ?? { email: '' })).toMatchObject({ recipient: { id: 'bob' } });
  expect([await load('ada'), await load('bob')]).toEqual([4, 2]);
});

test('a lead that is handed off on the evening of the last day of work rots on the next, at the fourth hour', async () => {
  const fred = chief('fred', 'FR');
  await desk.send(...becomesReady(fred));
  const clockAt = async (hoursBefore: number): Promise<string | undefined> => {
    const at = new Date(+WEEK.dueBy - hoursBefore * HOUR).toISOString();
    return (await desk.handOffOf(fred, `rep=eva&at=${at}`))?.clock;
  };
  expect((await desk.handOffOf(fred))?.dueBy).toBe(WEEK.dueBy.toISOString());
  expect(await Promise.all([30, 1.1, 1, 0].map(clockAt))).toEqual([
    'running',
    'running',
    'warning',
    'rotten',
  ]);
  await desk.decide(fred, 'accept', { by: 'eva' });
  expect(await clockAt(0)).toBe('rotten');
  await desk.report('activity', { id: 'call-1', email: fred.email, kind: 'sales_call', rep: 'eva' });
  expect(await clockAt(0)).toBe('stopped');
});

test('sales are warned of a lead that is about to rot, while nothing happens in the log', async () => {
  const ines = chief('ines', 'IT');
  await desk.send(...becomesReady(ines));
  const [, , warning] = await desk.messagesOf(ines, 3);
  expect(warning).toMatchObject({ type: 'lead.about_to_rot', data: { recipient: { id: 'eva' }, cycle: 1 } });
});

test('a lead whose persona becomes known late qualifies by what it did before, anonymous visits included', async () => {
  const visitor = { anonymousId: 'visitor-7' };
  const lena = { email: 'lena@lena.example' };
  await desk.send(...becomesReady(visitor));
  await desk.send(did({ ...visitor, ...lena }, 0, 'form_fill', { traits: { country: 'DE' } }));
  const before = await desk.explain(lena);
  expect([before.fit.persona, before.lifecycle]).toEqual([null, 'engaged']);
  expect(before.readiness.summary).toMatch(/^Not ready: score \S+ of 40/);

  await desk.report('contact', { id: 'c-lena', email: lena.email, traits: { title: 'CFO' } });
  expect(await desk.explain(lena)).toMatchObject({ fit: { persona: 'decider' }, lifecycle: 'handed_off' });
});

test('a model that would double the qualified leads and halve their win rate is seen through by a preview', async () => {
  const { out } = await desk.touchline('workspace', 'add', 'trial');
  const [, writeKey = ''] = /^Server key +(sk_\S+)$/m.exec(out) ?? [];
  const [, apiKey = ''] = /^API key +(ak_\S+)$/m.exec(out) ?? [];
  const model = leadProcess(WEEK);
  const published = await desk.file('trial.yaml', model);
  await desk.touchline('model', 'publish', published, '--workspace', 'trial');
  const deciders = Array.from({ length: 6 }, (_, nth) => chief(`decider-${nth}`, 'DE'));
  const fans = Array.from({ length: 6 }, (_, nth) => ({ email: `fan-${nth}@blog.example` }));
  const visits = fans.flatMap((fan) =>
    Array.from({ length: 60 }, (_, nth) => did(fan, nth / 2, 'page_view')),
  );
  await desk.sendWith(writeKey, [...deciders.flatMap(becomesReady), ...visits]);
  const won = deciders.slice(0, 3).map(({ email }) => ({
    ...{ opportunityId: email, amount: '1000.00', currency: 'EUR', status: 'won' },
    contacts: [{ email, role: 'decision_maker' }],
  }));
  await desk.put('/api/opportunities', apiKey, won);

  // Points for everything, and a definition that asks for nothing but points.
  const rules = model.scoring.rules.map(({ cap: _, ...rule }) => rule);
  const scoring = { ...model.scoring, rules };
  const candidate = { ...model, name: 'More leads', scoring, leadDefinitions: [{ minScore: 25 }] };
  const file = await desk.file('candidate.yaml', candidate);
  const preview = await desk.touchline('model', 'preview', file, '--workspace', 'trial');
  expect(preview).toMatchObject({ code: 0, out: expect.stringContaining('beside version 2') as unknown });
  expect(preview.out).toMatch(/^qualified leads +6 +12$/m);
  expect(preview.out).toMatch(/^ +of them won \(precision\) +50\.0 % .* +25\.0 % /m);
  expect(preview.out).toMatch(/^won leads qualified before \(recall\) +100\.0 % .* +100\.0 % /m);
  expect(preview.out).toMatch(/^fan-0@blog\.example .* qualified$/m);
}, 120_000);
