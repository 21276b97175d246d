import { describe, expect, test } from '@jest/globals';
import { isTouchpointKind, kindNamed, TOUCHPOINT_KINDS, type TouchpointKind } from './touchpoint.js';

describe('the touchpoint kind of an event name', () => {
  test.each<[string, TouchpointKind]>([
    ['Viewed Page', 'page_view'],
    ['Application Opened', 'session_start'],
    ['Email Sent', 'email_sent'],
    ['Email Delivered', 'email_delivered'],
    ['Email Opened', 'email_open'],
    ['Email Link Clicked', 'email_click'],
    ['Email Bounced', 'email_bounce'],
    ['Unsubscribed', 'email_unsubscribe'],
    ['Email Marked as Spam', 'email_unsubscribe'],
    ['File Downloaded', 'content_download'],
    ['file_download', 'content_download'],
    ['Whitepaper Downloaded', 'content_download'],
    ['Article Viewed', 'content_view'],
    ['Video Playback Started', 'content_view'],
    ['Form Submitted', 'form_fill'],
    ['form submitted', 'form_fill'],
    ['form_submitted', 'form_fill'],
    ['FormSubmitted', 'form_fill'],
    ['generate_lead', 'form_fill'],
    ['Demo Requested', 'demo_request'],
    ['demo-requested', 'demo_request'],
    ['Trial Started', 'trial_start'],
    ['Webinar Registered', 'webinar_registered'],
    ['Webinar Attended', 'webinar_attended'],
    ['Event Attended', 'event_attended'],
    ['Ad Clicked', 'ad_click'],
    ['Ad Impression', 'ad_impression'],
    ['Live Chat Conversation Started', 'chat'],
    ['Social Engagement', 'social_engagement'],
    ['Sales Call', 'sales_call'],
    ['Sales Email Sent', 'sales_email'],
    ['Meeting Booked', 'meeting'],
  ])('%s is %s', (name, kind) => expect(kindNamed(name)).toBe(kind));

  test.each(['Invoice Paid', '', '   ', '表单提交', 'custom', 'constructor', '__proto__'])(
    '%j is custom',
    (name) => expect(kindNamed(name)).toBeUndefined(),
  );

  test('equals the kind for the name of every kind except custom', () => {
    const named = TOUCHPOINT_KINDS.filter((kind) => kind !== 'custom');
    expect(named.map(kindNamed)).toEqual(named);
  });
});

test('names of inherited object properties are not touchpoint kinds', () => {
  expect(['toString', '__proto__', 'constructor', 7, null].filter(isTouchpointKind)).toEqual([]);
});
