import { describe, expect, test } from '@jest/globals';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import type { Mapping } from '../workspaces/mapping-schema.js';
import { FORMATS } from './formats/all.js';
import { normalise, type Normalised } from './normalise.js';

const MAIL = ' Ada@Acme.example ';
const AT = 1_772_357_400;
const NATIVE = { messageId: 'm-1', kind: 'page_view', properties: { member: MAIL } };

/** Items that name nobody by their format, with the path of what names somebody, by format and case. */
const ITEMS: Readonly<Record<string, Readonly<Record<string, readonly [path: string, item: unknown]>>>> = {
  native: { touchpoint: ['properties.member', NATIVE] },
  protobuf: { touchpoint: ['properties.member', NATIVE] },
  segment: Object.fromEntries(
    [
      { type: 'track', event: 'Report Read' },
      { type: 'page' },
      { type: 'screen' },
      { type: 'identify' },
      { type: 'group', groupId: 'acme' },
    ].map((call) => [
      call.type,
      ['context.member', { ...call, messageId: 'm-1', context: { member: MAIL } }],
    ]),
  ),
  snowplow: { structured: ['se_la', { e: 'se', p: 'srv', eid: 'e-1', se_ca: 'c', se_ac: 'a', se_la: MAIL }] },
  cloudevents: {
    event: ['data.properties.member', { specversion: '1.0', id: '1', source: '/s', type: 't', data: NATIVE }],
  },
  sendgrid: { open: ['member', { event: 'open', timestamp: AT, sg_event_id: 'e-1', member: MAIL }] },
  mailgun: {
    open: [
      'user-variables.member',
      { event: 'opened', id: 'e', timestamp: AT, 'user-variables': { member: MAIL } },
    ],
  },
  postmark: {
    open: [
      'Metadata.member',
      { RecordType: 'Open', MessageID: 'm', ReceivedAt: '2026-03-01T09:30:00Z', Metadata: { member: MAIL } },
    ],
  },
  ses: {
    open: [
      'event.mail.member',
      { messageId: 's-1', event: { eventType: 'Open', mail: { messageId: 'm', member: MAIL }, open: {} } },
    ],
  },
  mandrill: {
    open: ['msg.metadata.member', { event: 'open', ts: AT, msg: { _id: 'm', metadata: { member: MAIL } } }],
    unsubscription: [
      'msg.metadata.member',
      { event: 'unsub', ts: AT, msg: { _id: 'm', metadata: { member: MAIL } } },
    ],
  },
  mailchimp: {
    unsubscription: [
      'data.merges.MEMBER',
      { type: 'unsubscribe', fired_at: '2026-03-01 09:30:00', data: { merges: { MEMBER: MAIL } } },
    ],
  },
  hubspot: {
    open: ['member', { type: 'OPEN', id: 'o-1', created: AT * 1_000, recipient: '', member: MAIL }],
  },
  salesforce: {
    task: [
      'fields.Member__c',
      {
        organizationId: '00D',
        notificationId: 'n',
        objectType: 'Task',
        fields: { Id: 't-1', Subject: 'Call', TaskSubtype: 'Call', Status: 'Completed', Member__c: MAIL },
      },
    ],
  },
  crm: {
    activity: [
      'data.member',
      { id: 'm-1', type: 'activity', data: { id: 'a-1', kind: 'meeting', member: MAIL } },
    ],
  },
  links: {
    click: [
      'link.campaign',
      {
        id: 'l-1',
        link: { type: 'click', expiresAt: 4_000_000_000, url: 'https://acme.example/', campaign: MAIL },
        request: { method: 'GET', isPrefetch: false, isHoneypot: false },
      },
    ],
  },
  contact: { row: ['traits.member', { messageId: 'm-1', traits: { member: MAIL } }] },
};
/** An opportunity is nobody's: it has contacts. */
const OF_NOBODY = ['opportunity'];

const formats = await FORMATS.all();
const cases = formats.flatMap((format) =>
  Object.entries(ITEMS[format.name] ?? {}).map(
    ([name, [path, item]]) => [format.name, name, path, format, item] as const,
  ),
);

function read(format: (typeof formats)[number], item: unknown, mapping: Mapping): Normalised {
  const config: CollectorConfig = {
    ...{ id: 'c', workspace: 'main', name: 'c', format: format.name, settings: {}, mapping, secrets: [] },
  };
  const origin = { workspace: 'main', collector: 'c', call: 'x', receivedAt: new Date('2026-03-02'), config };
  return normalise(format, origin, item);
}

test('every format has items that name nobody', () => {
  const known = [...Object.keys(ITEMS), ...OF_NOBODY];
  expect(known.sort()).toEqual(formats.map(({ name }) => name).sort());
});

describe.each(cases)('an item of %s that names nobody: %s', (_, __, path, format, item) => {
  test('is rejected without a mapping that names somebody', () => {
    const mapping: Mapping = [{ set: { identity: { userId: { path: 'nothing.is.there' } } } }];
    for (const rules of [[], mapping])
      expect(read(format, item, rules)).toMatchObject({ rejected: { code: 'identity-missing' } });
  });

  test('is of the person that the mapping names', () => {
    const step = read(format, item, [{ set: { identity: { userId: { path } } } }]);
    if ('rejected' in step) throw new Error(JSON.stringify(step));
    const keys = ['user:Ada@Acme.example', 'email:ada@acme.example'];
    const people = step.facts.filter(({ event: { type } }) => type !== 'AccountObserved');
    expect(people.length).toBeGreaterThan(0);
    for (const { stream, event } of people) {
      expect((event.data as { identity: unknown }).identity).toEqual(keys);
      expect(stream).toMatch(/^(touchpoints|identity)-user:Ada@Acme[.]example$/);
    }
  });

  test('is rejected where the mapping names a placeholder', () => {
    const step = read(format, item, [{ set: { identity: { userId: 'undefined' } } }]);
    expect(step).toMatchObject({ rejected: { code: 'identity-missing' } });
  });
});

test('an item that names somebody by its format is of that person, whatever the mapping says', () => {
  const native = formats.find(({ name }) => name === 'native');
  if (!native) throw new Error('there is a format native');
  const step = read(native, { ...NATIVE, userId: 'u-1' }, [{ set: { identity: { userId: 'other' } } }]);
  expect(step).toMatchObject({ facts: [{ stream: 'touchpoints-user:u-1' }] });
});

test('conditions of the mapping hold for items that name nobody as for others', () => {
  const [track] = Object.values(ITEMS.segment ?? {});
  const segment = formats.find(({ name }) => name === 'segment');
  if (!segment || !track) throw new Error('there is a format segment');
  const rule = (event: string): Mapping => [
    { when: { event }, set: { identity: { userId: { path: track[0] } } } },
  ];
  expect(read(segment, track[1], rule('report *'))).toMatchObject({ facts: [{}] });
  expect(read(segment, track[1], rule('demo *'))).toMatchObject({ rejected: { code: 'identity-missing' } });
});
