import { expect, test } from '@jest/globals';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import type { Mapping } from '../workspaces/mapping-schema.js';
import { FORMATS } from './formats/all.js';
import { normalise } from './normalise.js';

const AT = 1_772_357_400;
const EMAIL = 'ada@acme.example';

async function consentsOf(name: string, item: object, mapping: Mapping = [], keyScope?: 'public') {
  const format = (await FORMATS.all()).find((each) => each.name === name);
  if (!format) throw new Error(`there is no format ${name}`);
  const config: CollectorConfig = {
    ...{ id: 'c', workspace: 'main', name: 'c', format: name, settings: {}, mapping, secrets: [] },
  };
  const receivedAt = new Date('2026-03-02');
  const origin = { workspace: 'main', collector: 'c', call: 'x', receivedAt, config };
  const step = normalise(format, { ...origin, ...(keyScope && { keyScope }) }, item);
  if ('rejected' in step) return [];
  return step.facts.flatMap(({ event }) => (event.type === 'ConsentChanged' ? [event.data] : []));
}

const native = { messageId: 'm-1', kind: 'email_unsubscribe', email: EMAIL };
const track = { type: 'track', messageId: 'm-1', userId: 'u-1', event: 'Unsubscribed' };
const data = { ...native, kind: 'email_unsubscribe' };
const event = { specversion: '1.0', id: '1', source: '/s', type: 't', data };

test.each<[string, object, object]>([
  ['native', native, { identity: [`email:${EMAIL}`], reason: 'unsubscribe' }],
  ['protobuf', native, { identity: [`email:${EMAIL}`], reason: 'unsubscribe' }],
  ['cloudevents', event, { identity: [`email:${EMAIL}`], reason: 'unsubscribe' }],
  ['segment', track, { identity: ['user:u-1'], reason: 'unsubscribe' }],
  ['segment', { ...track, event: 'Email Marked as Spam' }, { reason: 'spam_complaint' }],
  ['native', { ...native, properties: { spamComplaint: true } }, { reason: 'spam_complaint' }],
])(
  'an unsubscription that a client of the format %s reports ends consent: %j',
  async (name, item, expected) => {
    expect(await consentsOf(name, item)).toMatchObject([
      { channel: 'email', status: 'unsubscribed', ...expected },
    ]);
  },
);

test('an unsubscription that is reported with a public key ends consent, and is marked as such', async () => {
  expect(await consentsOf('native', native, [], 'public')).toMatchObject([
    { status: 'unsubscribed', keyScope: 'public' },
  ]);
});

/** A person answers "take me off your list": which message says so is of the sender's own making. */
const ANSWERED: Mapping = [{ when: { event: '*repl*' }, set: { kind: 'email_unsubscribe' } }];
const VIEWED: Mapping = [{ when: { kind: ['custom', 'page_view'] }, set: { kind: 'email_unsubscribe' } }];

test.each<[string, object, Mapping]>([
  ['native', { ...native, kind: 'custom', name: 'Mail Replied' }, ANSWERED],
  ['segment', { ...track, event: 'Mail Replied' }, ANSWERED],
  ['snowplow', { e: 'pv', p: 'web', eid: 'e-1', uid: 'u-1', url: 'https://acme.example/leave' }, VIEWED],
  ['sendgrid', { event: 'replied', email: EMAIL, timestamp: AT, sg_event_id: 'e-1' }, ANSWERED],
  [
    'crm',
    {
      ...{ id: 'm-1', type: 'activity', occurredAt: '2026-03-01T10:00:00Z' },
      data: { id: 'a-1', kind: 'sales_email', contactId: 'c-1', name: 'Mail replied' },
    },
    ANSWERED,
  ],
])(
  'an event of the format %s that a mapping makes an unsubscription ends consent',
  async (name, item, mapping) => {
    expect(await consentsOf(name, item)).toEqual([]);
    expect(await consentsOf(name, item, mapping)).toMatchObject([{ status: 'unsubscribed' }]);
  },
);

test('leaving one list of a mail provider ends no consent', async () => {
  const left = { event: 'group_unsubscribe', email: EMAIL, timestamp: AT, sg_event_id: 'e-1' };
  expect(await consentsOf('sendgrid', left)).toEqual([]);
});
