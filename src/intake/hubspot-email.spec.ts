import { describe, expect, test } from '@jest/globals';
import { hubspotEmailMessage, isHubspotEmailEvent } from './formats/hubspot-email.js';
import type { JsonObject } from './json.js';
import { isRejected } from './outcome.js';
import { Reading } from './reading.js';

const event = (type: string, more: object = {}): JsonObject => ({
  ...{ id: `${type}-1`, created: 1772357400123, type, recipient: 'ada@acme.example', portalId: 62515 },
  ...{ emailCampaignId: 7, emailCampaignName: 'Spring', sentBy: { id: 'SENT-1', created: 1772357399000 } },
  ...more,
});

const read = (item: JsonObject) => hubspotEmailMessage(item, new Reading({ call: 'hubspot' }));

describe("HubSpot's e-mail events", () => {
  test.each<[string, object, object]>([
    ['SENT', { sentBy: undefined }, { kind: 'email_sent', properties: { mailId: 'SENT-1' } }],
    ['DELIVERED', {}, { kind: 'email_delivered', properties: { mailId: 'SENT-1' } }],
    [
      'OPEN',
      { userAgent: 'Firefox', ipAddress: '192.0.2.1' },
      { kind: 'email_open', context: { ip: '192.0.2.1' } },
    ],
    [
      'OPEN',
      { filteredEvent: true },
      { kind: 'email_open', properties: { machineOpen: true }, verdict: 'machine_open' },
    ],
    [
      'CLICK',
      { url: 'https://acme.example/a' },
      { kind: 'email_click', content: { url: 'https://acme.example/a' } },
    ],
    ['BOUNCE', { category: 'UNKNOWN_USER' }, { kind: 'email_bounce', properties: { bounceType: 'hard' } }],
    ['BOUNCE', { category: 'MAILBOX_FULL' }, { kind: 'email_bounce', properties: { bounceType: 'soft' } }],
    [
      'DROPPED',
      { dropReason: 'PREVIOUSLY_BOUNCED' },
      { kind: 'email_bounce', properties: { bounceType: 'dropped' } },
    ],
    ['SPAMREPORT', {}, { kind: 'email_unsubscribe', properties: { spamComplaint: true } }],
  ])('of type %s with %j are touchpoints', (type, more, data) => {
    expect(isHubspotEmailEvent(event(type, more))).toBe(true);
    const message = read(event(type, more));
    const campaign = type === 'SENT' ? {} : { campaign: 'Spring' };
    expect(isRejected(message) ? message : message.facts[0]?.data).toMatchObject({ ...data, ...campaign });
  });

  test.each<[string, object, readonly string[]]>([
    [
      'by the recipient',
      { portalSubscriptionStatus: 'UNSUBSCRIBED', source: 'SOURCE_RECIPIENT' },
      ['TouchpointRecorded', 'ConsentChanged'],
    ],
    [
      'by an import',
      { portalSubscriptionStatus: 'UNSUBSCRIBED', source: 'SOURCE_CUSTOMER' },
      ['ConsentChanged'],
    ],
    [
      'of one subscription',
      { subscriptions: [{ id: 7, status: 'UNSUBSCRIBED' }], source: 'SOURCE_RECIPIENT' },
      ['TouchpointRecorded'],
    ],
    [
      'to all mail again',
      { portalSubscriptionStatus: 'SUBSCRIBED', source: 'SOURCE_RECIPIENT' },
      ['ConsentChanged'],
    ],
  ])('that change the status %s change consent accordingly', (_, more, types) => {
    const message = read(event('STATUSCHANGE', more));
    expect(isRejected(message) ? [] : message.facts.map(({ type }) => type)).toEqual(types);
  });

  test.each(['PROCESSED', 'DEFERRED', 'PRINT', 'NEW'])('of type %s are kept as rejected', (type) => {
    expect(read(event(type))).toMatchObject({ rejected: { code: 'unknown-event' } });
  });

  test('are told from webhooks about objects', () => {
    expect(isHubspotEmailEvent({ subscriptionType: 'contact.creation', objectId: 7 })).toBe(false);
  });
});
