import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MODEL_NAMES } from '../domain/attribution/models.js';
import { PRESET_NAMES } from '../domain/attribution/presets.js';
import { type ExampleApi, exampleApi, HEAD } from '../../test/example-api.js';
import { day, opportunityEvents, pageView } from '../../test/sample-events.js';
import type { CompareAnswer } from './attribution-compare-items.js';
import type { AttributionExplanation } from './attribution-explanation.js';
import type { AttributionAnswer } from './attribution.js';
import type { OpportunityAttributionAnswer } from './opportunity-attribution-items.js';
import { packPaths } from './solve-chain.js';
import { solvePacked } from './removal-thread.js';
import { removalEffects } from '../domain/attribution/markov/removal-effects.js';

let api: ExampleApi;
let head: bigint;
beforeAll(async () => {
  api = await exampleApi();
  // Eve reads an e-mail and the prices, and her opportunity is lost after another visit.
  head = await api.add('main', [
    pageView('eve-mail', 40, ['email:eve@initech.example'], { channel: 'email' }),
    pageView('eve-price', 41, ['email:eve@initech.example'], { channel: 'direct' }),
    ...opportunityEvents(
      'opp-9',
      {
        name: 'Initech',
        accountId: 'initech',
        amount: '5000.00',
        openedAt: day(42),
        stage: 'discovery',
        contacts: [{ keys: ['email:eve@initech.example'], role: 'champion' }],
      },
      { stage: 'proposal' },
      { status: 'lost', closedAt: day(50), reason: 'price' },
    ),
    pageView('eve-later', 45, ['email:eve@initech.example'], { channel: 'organic_search' }),
  ]);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

const ask = async (parameters: string) =>
  (await api.get<AttributionAnswer>(`/api/attribution?asOf=${head}&${parameters}`)).body;
const custom = (model: object): string => `model=custom&custom=${encodeURIComponent(JSON.stringify(model))}`;

const REQUESTS = [
  'model=markov',
  'model=markov&order=2&nonConverting=false&player=content',
  'model=markov&order=3&player=contentType&repeats=frequency',
  'model=markov&player=campaign&repeats=exposure&direct=drop_trailing_unless_all',
  'model=shapley',
  'model=shapley&player=content&worth=revenue&lookbackSteps=2',
  custom({ milestones: { first: 30 }, kinds: { webinar_attended: 30 }, leftover: 'unattributed' }),
  custom({ contentStages: { explore: 50, decide: 20 }, others: 10, leftover: 'redistribute' }),
  ...PRESET_NAMES.map((preset) => `preset=${preset}`),
  ...MODEL_NAMES.map((model) => `model=${model}&direct=drop&repeats=first`),
  'model=linear&kinds=chat',
  'model=linear&lookbackDays=1',
  'model=linear&minTouchesPerLead=3',
];

describe.each(REQUESTS)('the report with %s', (parameters) => {
  test.each(['revenue', 'pipeline'])('adds up, by any cut: %s', async (metric) => {
    for (const by of ['channel', 'content', 'month', 'content,channel', 'author']) {
      const { total, attributed, unattributed, rows } = await ask(`${parameters}&metric=${metric}&by=${by}`);
      expect(attributed.minor! + unattributed.minor!).toBe(total.minor);
      expect(rows.reduce((sum, { value }) => sum + value.minor!, 0)).toBe(attributed.minor);
      expect(total.minor).toBe(metric === 'revenue' ? 12_000_000 + 864_000 : total.minor);
    }
  });

  test('is the same as of its position, and says how it was attributed', async () => {
    const path = `/api/attribution?asOf=${head}&by=channel&${parameters}`;
    const first = await api.get<AttributionAnswer>(path);
    await api.add('other', [pageView(`noise-${parameters}`, 70, ['email:x@y.example'])]);
    const again = await api.get<AttributionAnswer>(path);
    expect(again.text).toBe(first.text);
    expect(first.body.request).toMatchObject({ model: first.body.model, player: expect.any(String) });
  });
});

const sumOf = (numbers: readonly (number | null | undefined)[]): number =>
  numbers.reduce<number>((sum, each) => sum + (each ?? NaN), 0);

/** One of each kind. */
const EXPLAINED = [...REQUESTS.slice(0, 9), 'model=full_path&direct=drop&repeats=first'];

describe.each(EXPLAINED)('an explanation of the report with %s', (parameters) => {
  test('opens each row to touches that add up to it, and each weight to its reasons', async () => {
    const faults: unknown[] = [];
    const { rows } = await ask(`${parameters}&by=channel`);
    for (const row of rows) {
      const path = `/api/attribution/explain?asOf=${head}&${parameters}&channel=${row.key}`;
      const { value, items } = (await api.get<AttributionExplanation>(path)).body;
      const touches = items.flatMap((item) => item.touches);
      const off = touches.filter(({ weight, why }) => Math.abs(sumOf(why.map(({ share }) => share)) - weight) > 1e-8); // prettier-ignore
      const sums = [value.minor, sumOf(items.map((item) => item.value.minor)), sumOf(touches.map((touch) => touch.value.minor))]; // prettier-ignore
      if (off.length > 0 || sums.some((sum) => sum !== row.value.minor)) faults.push({ row, sums, off });
    }
    expect(faults).toEqual([]);
  });
});

describe('what is behind a number', () => {
  const explain = async (parameters: string) =>
    (await api.get<AttributionExplanation>(`/api/attribution/explain?asOf=${head}&${parameters}`)).body;

  test.each([1, 2])(
    'of markov, order %s: transitions to and from a player add up to its visits',
    async (order) => {
      const { players, basis, rule } = await explain(`model=markov&order=${order}&channel=email`);
      const [email] = players!;
      expect(players!.map(({ key }) => key)).toEqual(['email']);
      expect(email?.value).toBe(basis?.players.find(({ key }) => key === 'email')?.value);
      expect(email?.conversionRateWithout).toBeCloseTo(0.5 * (1 - email!.value), 12);
      expect(sumOf(email!.entries.map(({ count }) => count))).toBe(email?.visits);
      expect(sumOf(email!.exits.map(({ count }) => count))).toBe(email?.visits);
      // Eve's first touch is an e-mail, too.
      expect(email?.entries).toContainEqual({
        from: [],
        to: { key: 'email', times: null },
        end: null,
        count: 1,
      });
      expect(rule.model).toBe('markov');
    },
  );

  test('of shapley: the shares of coalitions add up to the value', async () => {
    const { players, basis } = await explain('model=shapley&worth=revenue');
    expect(players!.map(({ key }) => key)).toEqual(basis!.players.map(({ key }) => key));
    for (const { value, coalitions } of players!) {
      expect(sumOf(coalitions.map(({ share }) => share))).toBeCloseTo(value, 3);
      for (const { own, share, players: members } of coalitions) expect(share * members.length).toBeCloseTo(own, 3); // prettier-ignore
    }
  });

  test('of a preset: its weights are those of the rule', async () =>
    expect((await explain('preset=adobe_analytics_j_shaped')).rule).toMatchObject({
      model: 'position',
      settings: { position: [20, 20, 60] },
    }));

  test('its pages are those of one explanation', async () => {
    const question = 'model=markov&metric=pipeline';
    const all = await explain(question);
    const first = await explain(`${question}&limit=1`);
    expect(all.items.length).toBeGreaterThan(1);
    expect(first.items).toEqual(all.items.slice(0, 1));
    const second = await explain(`${question}&limit=1&cursor=${first.next}`);
    expect(second.items).toEqual(all.items.slice(1, 2));
  });
});

describe('models side by side', () => {
  const MODELS = 'linear,custom,markov,shapley,hubspot_u_shaped,adobe_analytics_j_shaped';
  const given = custom({ kinds: { webinar_attended: 25 }, leftover: 'unattributed' }).replace(
    'model=custom&',
    '',
  );

  test.each(['', '&direct=drop&repeats=exposure'])(
    'each is its own report, with the difference from the baseline%s',
    async (transforms) => {
      for (const by of ['channel', 'month,content']) {
        const path = `/api/attribution/compare?asOf=${head}&models=${MODELS}&baseline=markov&order=2&${given}&by=${by}${transforms}`;
        const { body } = await api.get<CompareAnswer>(path);
        const [base] = [Object.fromEntries((await ask(`model=markov&order=2&by=${by}${transforms}`)).rows.map(({ key, value }) => [key, value.minor!]))]; // prettier-ignore
        for (const { model, attributed, unattributed, difference, request } of body.sums) {
          const options = { custom: given, markov: 'order=2' }[model] ?? '';
          const named = model.includes('_shaped') ? `preset=${model}` : `model=${model}`;
          const alone = await ask(`${named}&${options}&by=${by}${transforms}`.replace('&&', '&'));
          expect(request).toEqual(alone.request);
          expect([attributed, unattributed]).toEqual([alone.attributed, alone.unattributed]);
          expect(attributed.minor! + unattributed.minor!).toBe(body.total.minor);
          expect(difference.minor).toBe(attributed.minor! - body.attributed.minor!);
          const own = Object.fromEntries(alone.rows.map(({ key, value }) => [key, value.minor!]));
          expect(body.rows.map(({ key, values }) => [key, values[model]?.value.minor, values[model]?.difference.minor])).toEqual(
          body.rows.map(({ key }) => [key, own[String(key)] ?? 0, (own[String(key)] ?? 0) - (base[String(key)] ?? 0)]),
        ); // prettier-ignore
        }
      }
    },
  );

  test('one opportunity has the credits of computed models, each adding up to its amount', async () => {
    const path = `/api/opportunities/opp-1/attribution?asOf=${head}&models=${MODELS}&${given}`;
    const { body } = await api.get<OpportunityAttributionAnswer>(path);
    expect(body.models.map(({ model }) => model)).toEqual(MODELS.split(','));
    for (const { model, attributed, unattributed } of body.models) {
      expect(attributed.minor! + unattributed.minor!).toBe(body.amount.minor);
      expect(sumOf(body.touches.map(({ credits }) => credits[model]?.amount.minor ?? 0))).toBe(
        attributed.minor,
      );
    }
    expect(body.models.find(({ model }) => model === 'custom')).toMatchObject({
      attributed: { amount: '30000.00' },
    });
    expect(body.models.find(({ model }) => model === 'markov')?.basis?.nonConverting).toBe(1);
  });

  test('one opportunity is credited as the report that it is in, by any model and transforms', async () => {
    const question = `models=linear,markov,shapley&direct=drop&from=2026-01-01&asOf=${head}`;
    const { body } = await api.get<OpportunityAttributionAnswer>(
      `/api/opportunities/opp-1/attribution?${question}`,
    );
    for (const model of ['linear', 'markov', 'shapley']) {
      const path = `/api/attribution/explain?model=${model}&direct=drop&from=2026-01-01&asOf=${head}&opportunityId=opp-1`;
      const { items } = (await api.get<AttributionExplanation>(path)).body;
      const credited = body.touches.flatMap(({ eventId, credits }) => (credits[model] ? [[eventId, credits[model].amount, credits[model].weight]] : [])); // prettier-ignore
      expect(items[0]?.touches.map(({ eventId, amount, weight }) => [eventId, amount, weight])).toEqual(
        credited,
      );
    }
  });
});

describe('credits of the example', () => {
  const credits = async (parameters: string): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await ask(`${parameters}&by=channel`)).rows.map(({ key, value }) => [String(key), value.amount]),
    );

  test('the stored report is asked without transforms, the computed one agrees with it', async () => {
    const stored = await ask('model=u_shaped&by=channel');
    const computed = await ask('model=u_shaped&by=channel&direct=keep&lookbackDays=3650');
    expect(stored.request).toBeUndefined();
    expect(computed.request?.transforms).toEqual({ lookbackDays: 3650 });
    expect(computed.rows).toEqual(stored.rows);
    expect(computed.attributed).toEqual(stored.attributed);
  });

  test('dropping direct leaves its credit to the others', async () => {
    expect(Object.keys(await credits('model=linear&direct=drop'))).not.toContain('direct');
    expect(Object.keys(await credits('model=linear'))).toContain('direct');
  });

  test('custom leaves unattributed what is left over', async () => {
    const model = { kinds: { webinar_attended: 25 }, leftover: 'unattributed' };
    expect(await credits(custom(model))).toEqual({ event: '30000.00' });
    expect(await credits(custom({ ...model, leftover: 'redistribute' }))).toEqual({ event: '120000.00' });
  });

  test('by the stage that the content is mapped to', async () => {
    const { rows } = await ask(
      `${custom({ contentStages: { explore: 100 }, leftover: 'redistribute' })}&by=content`,
    );
    expect(rows.map(({ key }) => key)).toEqual(['buying-guide']);
  });
});

describe('what a model over all paths rests on', () => {
  test('the paths of lost opportunities reach up to the loss', async () => {
    const { basis } = await ask('model=markov');
    expect(basis).toMatchObject({ converting: 1, nonConverting: 1, conversionRate: 0.5 });
    expect(basis?.players.map(({ key }) => key).sort()).toContain('organic_search');
    const without = await ask('model=markov&nonConverting=false');
    expect(without.basis).toMatchObject({ converting: 1, nonConverting: 0, conversionRate: 1 });
  });

  test('a lost opportunity is outside a period that ends before the loss', async () => {
    const { basis } = await ask('model=markov&from=2026-01-01&to=2026-02-01');
    expect(basis).toMatchObject({ converting: 0, nonConverting: 0, players: [] });
  });

  test('Shapley values of revenue add up to what is attributed, also by position', async () => {
    const { basis, attributed } = await ask('model=shapley&worth=revenue');
    const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
    expect(sum(basis!.players.map(({ value }) => value))).toBeCloseTo(attributed.minor!, 3);
    for (const { value, byPosition } of basis!.players) expect(sum(byPosition)).toBeCloseTo(value, 3);
  });

  test('rule models rest on their own path alone', async () =>
    expect((await ask('model=linear&direct=drop')).basis).toBeUndefined());

  test('paths that are packed for a thread have the same removal effects', () => {
    const paths = [
      { players: ['a', 'b', 'a'], conversions: 1 },
      { players: [], conversions: 1 },
      { players: ['b', 'c'], conversions: 0, nonConversions: 1 },
    ];
    expect(solvePacked(packPaths(2, paths))).toEqual(removalEffects(paths, 2));
  });
});

describe('an answer that the client has', () => {
  test.each([
    '/api/attribution?model=markov&by=channel',
    '/api/attribution?model=linear&format=csv',
    '/api/attribution?format=ndjson&limit=1',
    '/api/attribution/compare?models=linear,shapley',
    '/api/opportunities/opp-1/attribution?models=markov',
  ])('is not sent again until the position moves: %s', async (path) => {
    const { headers, status } = await api.get(path);
    const etag = String(headers['etag']);
    expect({ status, cache: headers['cache-control'] }).toEqual({ status: 200, cache: 'private, no-cache' });
    const again = await api.get(path, 'main', { 'if-none-match': `"1-other", W/${etag}` });
    expect({ ...again, etag: again.headers['etag'] }).toMatchObject({ status: 304, text: '', etag });
    const known = { 'if-none-match': etag };
    expect((await api.get(`${path}&metric=pipeline`, 'main', known)).status).toBe(200);
    expect((await api.get(path, 'other', known)).status).not.toBe(304);
    await api.add('other', [pageView(`moved-${path}`, 71, ['email:x@y.example'])]);
    await api.runner.catchUp();
    const moved = await api.get(path, 'main', known);
    expect(moved.status).toBe(200);
    expect(moved.headers['etag']).not.toBe(etag);
  });
});

describe('bad input', () => {
  test.each([
    ['model=markow', 'model-unknown', 'model'],
    ['model=markov&order=4', 'order-invalid', 'order'],
    ['model=markov&order=two', 'order-invalid', 'order'],
    ['model=linear&order=2', 'order-invalid', 'order'],
    ['model=markov&nonConverting=no', 'non-converting-invalid', 'nonConverting'],
    ['model=markov&player=person', 'player-invalid', 'player'],
    ['model=shapley&worth=profit', 'worth-invalid', 'worth'],
    ['model=linear&lookbackDays=0', 'lookback-days-invalid', 'lookbackDays'],
    ['model=linear&lookbackSteps=-1', 'lookback-steps-invalid', 'lookbackSteps'],
    ['model=linear&kinds=page_view,nonsense', 'kinds-invalid', 'kinds[1]'],
    ['model=linear&kinds=', 'kinds-invalid', 'kinds[0]'],
    ['model=linear&channels=email&withoutChannels=email', 'without-channels-invalid', 'withoutChannels'],
    ['model=linear&direct=never', 'direct-invalid', 'direct'],
    ['model=linear&repeats=twice', 'repeats-invalid', 'repeats'],
    ['model=linear&preset=hubspot_u_shaped', 'preset-contradictory', 'preset'],
    ['preset=hubspot', 'preset-unknown', 'preset'],
    ['model=custom', 'custom-invalid', 'custom'],
    ['model=custom&custom={', 'custom-invalid', 'custom'],
    ['compare?models=linear,markow', 'model-unknown', 'models'],
    ['compare?models=linear&order=2', 'order-invalid', 'order'],
    ['compare?models=linear,markov&worth=revenue', 'worth-invalid', 'worth'],
    ['compare?models=linear,custom', 'custom-invalid', 'custom'],
    ['compare?models=linear,markov&baseline=last', 'baseline-invalid', 'baseline'],
    ['compare?models=linear,markov&lookbackDays=0', 'lookback-days-invalid', 'lookbackDays'],
    ['explain?model=markov&order=4', 'order-invalid', 'order'],
    [custom({ others: 101, leftover: 'unattributed' }), 'custom-invalid', 'custom.others'],
    [custom({ milestones: { first: 60, close: 60 }, leftover: 'unattributed' }), 'custom-invalid', 'custom'],
  ])('%s is refused with %s and names %s', async (parameters, code, path) => {
    const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
      parameters.includes('?') ? `/api/attribution/${parameters}` : `/api/attribution?${parameters}`,
    );
    expect({ status, code: body.code }).toEqual({ status: 400, code });
    expect(body.errors.map((error) => error.path)).toContain(path);
  });

  test('an opportunity outside the period that a model rests on is refused', async () => {
    const path = '/api/opportunities/opp-1/attribution?models=markov&to=2026-01-02';
    expect((await api.get(path)).body).toMatchObject({ code: 'opportunity-outside-period' });
  });

  test('forty players are refused by shapley with the limit, and computed by markov', async () => {
    const visits = Array.from({ length: 40 }, (_, index) =>
      pageView(`many-${index}`, 1 + index / 100, ['email:zoe@hooli.example'], {
        campaign: `campaign-${index}`,
      }),
    );
    const position = await api.add('main', [
      ...visits,
      ...opportunityEvents(
        'opp-40',
        {
          name: 'Hooli',
          accountId: 'hooli',
          amount: '40.00',
          openedAt: day(5),
          stage: 'discovery',
          contacts: [{ keys: ['email:zoe@hooli.example'], role: 'champion' }],
        },
        { stage: 'proposal' },
        { status: 'won', closedAt: day(6) },
      ),
    ]);
    await api.runner.catchUp();
    const path = `/api/attribution?asOf=${position}&player=campaign&by=campaign`;
    const refused = await api.get<{ code: string; detail: string }>(`${path}&model=shapley`);
    expect(refused.body).toMatchObject({ code: 'players-too-many' });
    expect(refused.body.detail).toContain('16 players at most');
    expect((await api.get<AttributionAnswer>(`${path}&model=markov`)).body.basis?.players.length).toBeGreaterThan(40); // prettier-ignore
    expect(position).toBeGreaterThan(BigInt(HEAD));
  });
});
