import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { entry, pageView } from '../../test/sample-events.js';
import { type ExampleApi, exampleApi } from '../../test/example-api.js';
import { identityKey } from '../domain/identity/keys.js';
import type { LeadJourneyAnswer } from './lead-journey.js';
import type { LeadAnswer } from './lead.js';
import type { LeadsAnswer } from './leads.js';

const ADDRESS = 'ada+news@xn--mnchen-3ya.example';
const clamped = { reason: 'absurd', original: '2026-02-30T09:30:00Z' } as const;

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('other', [
    pageView('plus', 5, [identityKey('email', 'Ada+News@münchen.example')], { clamped }),
    pageView('plain', 6, [identityKey('email', ADDRESS)]),
  ]);
  await api.runner.catchUp();
  // A late event makes the projection read the rows back that it wrote.
  await api.add('other', [
    pageView('before', 4, [identityKey('email', ADDRESS), 'user:u-1']),
    entry('claim', 'identity-user:u-1', 'IdentityClaimed', 4.5, { identity: ['user:u-1', 'user:u-2'] }),
  ]);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

describe('a lead with a tagged address of an internationalised domain', () => {
  test.each([
    'ada%2Bnews@xn--mnchen-3ya.example',
    'ada+news@xn--mnchen-3ya.example',
    'ADA%2Bnews%40M%C3%BCNCHEN.example',
    '%20ada+news@m%C3%BCnchen.example%0A',
    'ada%E2%80%8B%2Bnews@m%C3%BCnchen.example',
  ])('is found by ?email=%s', async (email) => {
    const { body } = await api.get<LeadsAnswer>(`/api/leads?email=${email}`, 'other');
    expect(body.items.map((lead) => lead.email)).toEqual([ADDRESS]);
  });

  test.each([`email:${ADDRESS}`, 'email:Ada+News@münchen.example'])(
    'is found by the path %s',
    async (name) => {
      const { body } = await api.get<LeadAnswer>(`/api/leads/${encodeURIComponent(name)}`, 'other');
      expect(body.email).toBe(ADDRESS);
    },
  );
});

test.each(['ada', 'ada@', 'ada@acme.example;bob@acme.example', 'null'])(
  'the parameter ?email=%s is refused because it is not an address',
  async (email) => {
    const { status, body } = await api.get<{ code: string; detail: string }>(
      `/api/leads?email=${email}`,
      'other',
    );
    expect([status, body.code]).toEqual([400, 'email-invalid']);
    expect(body.detail).toContain('%2B');
  },
);

test('a journey shows replaced times, even after the lead was recomputed', async () => {
  const path = `/api/leads/${encodeURIComponent(`email:${ADDRESS}`)}/journey`;
  const { body } = await api.get<LeadJourneyAnswer>(path, 'other');
  expect(body.items.map((item) => item.replacedTime)).toEqual([null, clamped, null]);
});
