import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { day, entry, pageView } from '../../test/sample-events.js';
import { type ExampleApi, exampleApi } from '../../test/example-api.js';
import type { ConsentChanged } from '../domain/events.js';
import type { LeadAnswer } from './lead.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

const consent = (name: string, at: number, data: Pick<ConsentChanged, 'status' | 'reason' | 'identity'>) =>
  entry(name, `identity-${data.identity[0]}`, 'ConsentChanged', at, { channel: 'email', ...data });
const out = { status: 'unsubscribed', reason: 'unsubscribe' } as const;
const back = { status: 'subscribed', reason: 'subscribe' } as const;

async function emailConsent(lead: string): Promise<unknown> {
  await api.runner.catchUp();
  return (await api.get<LeadAnswer>(`/api/leads/${lead}`, 'consent')).body.emailConsent;
}

test('a lead shows the latest consent, whichever arrived last', async () => {
  const identity = ['email:eve@acme.example'] as const;
  const left = consent('out', 3, { ...out, identity });
  await api.add('consent', [left, pageView('visit', 1, identity)]);
  const unsubscribed = { ...out, at: day(3).toISOString(), eventId: left.event.id };
  expect(await emailConsent('email:eve@acme.example')).toEqual(unsubscribed);
  await api.add('consent', [consent('earlier', 2, { ...back, identity })]);
  expect(await emailConsent('email:eve@acme.example')).toEqual(unsubscribed);
  await api.add('consent', [consent('later', 4, { ...back, identity })]);
  expect(await emailConsent('email:eve@acme.example')).toMatchObject(back);
});

test('the consent of an address is that of the person who turns out to have it', async () => {
  await api.add('consent', [
    pageView('visit of Fay', 1, ['user:fay']),
    consent('spam', 2, {
      status: 'unsubscribed',
      reason: 'spam_complaint',
      identity: ['email:fay@acme.example'],
    }),
  ]);
  expect(await emailConsent('user:fay')).toBeNull();
  await api.add('consent', [
    entry('claim', 'identity-user:fay', 'IdentityClaimed', 3, {
      identity: ['user:fay', 'email:fay@acme.example'],
    }),
  ]);
  expect(await emailConsent('user:fay')).toMatchObject({ status: 'unsubscribed', reason: 'spam_complaint' });
  await api.add('consent', [
    entry('split', 'identity-user:fay', 'IdentitiesSplit', 4, {
      ...{ leadId: '', otherLeadId: '', key: 'user:fay', otherKey: 'email:fay@acme.example' },
    }),
  ]);
  expect(await emailConsent('user:fay')).toBeNull();
  expect(await emailConsent('email:fay@acme.example')).toMatchObject({ reason: 'spam_complaint' });
});
