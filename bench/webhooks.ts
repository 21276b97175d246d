import { createHmac, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** How a provider sends: its collector has the secret, and each request is signed. */
export interface Webhook {
  readonly settings?: object;
  /** What the collector is given; none: the provider does not sign. */
  readonly secret?: string;
  /** Header lines of a request to this address with this body. @param signingKey as `signingKey` was when the server got `secret` */
  readonly sign?: (url: string, body: string, signingKey: string) => string;
  /** The private part, where `secret` is a public key. */
  readonly signingKey?: string;
}

const PAGES = ['pricing', 'guide', 'customers', 'security', 'docs'];
const PEOPLE = 20_000;
const run = Math.random().toString(36).slice(2, 8);
let serial = 0;
const person = (nr: number): string => `p${(nr * 7_919) % PEOPLE}@company${nr % 997}.example`;
const AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36';
const each = (size: number, make: (nr: number) => string): string =>
  Array.from({ length: size }, () => make(++serial)).join(',');

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let keyObject: KeyObject | undefined;

export const sendgridWebhook: Webhook = {
  secret: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  signingKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  sign(_, body, signingKey) {
    keyObject ??= createPrivateKey({ key: Buffer.from(signingKey, 'base64'), format: 'der', type: 'pkcs8' });
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const signature = sign('sha256', Buffer.from(timestamp + body), keyObject).toString('base64');
    return `x-twilio-email-event-webhook-timestamp: ${timestamp}\r\nx-twilio-email-event-webhook-signature: ${signature}\r\n`;
  },
};

/** Opens of mails. */
export function sendgridBatch(size: number): string {
  const now = Math.floor(Date.now() / 1_000);
  return `[${each(
    size,
    (nr) =>
      `{"email":"${person(nr)}","timestamp":${now},"event":"open","sg_event_id":"${run}-${nr}","sg_message_id":"m-${nr % 5_000}.filter","category":["spring","newsletter"],"useragent":"${AGENT}","ip":"203.0.113.7","sg_content_type":"html","sg_machine_open":false,"smtp-id":"<${nr}@ismtpd>"}`,
  )}]`;
}

export const SECRET = 'benchmark-signing-secret';

let mandrillEvents = '';

/** Parts of an event of Mandrill between what differs, as JSON and as in a form: to encode whole forms is work of the load generator. */
const MANDRILL_PARTS = [
  '{"event":"click","_id":"',
  '","ts":',
  `,"ip":"203.0.113.7","user_agent":"${AGENT}","url":"https://www.example.com/`,
  '?utm_campaign=spring","msg":{"ts":',
  ',"_id":"m-',
  '","state":"sent","subject":"News","email":"',
  '@',
  '","tags":["spring"],"metadata":{}}}',
];
const MANDRILL_FORM_PARTS = MANDRILL_PARTS.map(encodeURIComponent);

export const mandrillWebhook: Webhook = {
  secret: SECRET,
  // The form that was made last: to parse it again would be more work than the server has with it.
  sign(url) {
    const signed = `${url}mandrill_events${mandrillEvents}`;
    return `x-mandrill-signature: ${createHmac('sha1', SECRET).update(signed).digest('base64')}\r\n`;
  },
};

/** Clicks on links of mails, as a form. */
export function mandrillForm(size: number): string {
  const now = String(Math.floor(Date.now() / 1_000));
  const values = Array.from({ length: size }, () => {
    const nr = ++serial;
    const [name = '', domain = ''] = person(nr).split('@');
    return [`${run}${nr}`, now, PAGES[nr % 5] ?? '', now, String(nr % 5_000), name, domain];
  });
  const written = (parts: readonly string[], comma: string): string =>
    values.map((each) => parts.map((part, nth) => part + (each[nth] ?? '')).join('')).join(comma);
  mandrillEvents = `[${written(MANDRILL_PARTS, ',')}]`;
  return `mandrill_events=%5B${written(MANDRILL_FORM_PARTS, '%2C')}%5D`;
}

export const hubspotWebhook: Webhook = {
  secret: SECRET,
  sign(url, body) {
    const timestamp = String(Date.now());
    const signature = createHmac('sha256', SECRET).update(`POST${url}${body}${timestamp}`).digest('base64');
    return `x-hubspot-request-timestamp: ${timestamp}\r\nx-hubspot-signature-v3: ${signature}\r\n`;
  },
};

/** Changes of contacts. */
export function hubspotBatch(size: number): string {
  const now = Date.now();
  return `[${each(
    size,
    (nr) =>
      `{"eventId":${now}${nr},"subscriptionId":702,"portalId":62515,"appId":54321,"occurredAt":${now},"attemptNumber":0,"changeSource":"CRM_UI","subscriptionType":"contact.propertyChange","objectId":${(nr * 7_919) % PEOPLE},"propertyName":"jobtitle","propertyValue":"Head of ${PAGES[nr % 5]}"}`,
  )}]`;
}

export const crmWebhook: Webhook = {
  secret: SECRET,
  sign: (_url, body) =>
    `x-hub-signature-256: sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}\r\n`,
};

/** Meetings of contacts. */
export function crmBatch(size: number): string {
  const now = new Date().toISOString();
  return `[${each(
    size,
    (nr) =>
      `{"id":"m-${run}${nr}","type":"activity","occurredAt":"${now}","data":{"id":"a-${run}${nr}","contactId":"c-${(nr * 7_919) % PEOPLE}","email":"${person(nr)}","kind":"meeting","name":"Demo ${PAGES[nr % 5]}","rep":"rep-7"}}`,
  )}]`;
}

export const salesforceWebhook: Webhook = { settings: { organizationIds: ['00D000000000001EAA'] } };

/** Contacts as an outbound message has them. */
export function salesforceMessage(size: number): string {
  const now = new Date().toISOString();
  const notifications = Array.from({ length: size }, () => {
    const nr = ++serial;
    return `<Notification><Id>04l${run}${nr}</Id><sObject xsi:type="sf:Contact" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>003${(nr * 7_919) % PEOPLE}</sf:Id><sf:AccountId>001${nr % 997}</sf:AccountId><sf:Email>${person(nr)}</sf:Email><sf:FirstName>Ada</sf:FirstName><sf:LastName>Lovelace</sf:LastName><sf:Title>Head of ${PAGES[nr % 5]}</sf:Title><sf:SystemModstamp>${now}</sf:SystemModstamp></sObject></Notification>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>00D000000000001EAA</OrganizationId><ActionId>04k000000000001AAA</ActionId><SessionId xsi:nil="true"/>${notifications.join('')}</notifications></soapenv:Body></soapenv:Envelope>`;
}

export const mailgunWebhook: Webhook = { secret: SECRET };

/**
 * An open of a mail, with the signature that Mailgun puts beside it. A second ago: one of later than its receipt would get a
 * warning, which is a write of its own.
 */
export function mailgunEvent(): string {
  const nr = ++serial;
  const now = Math.floor(Date.now() / 1_000) - 1;
  const token = `${run}${String(nr).padStart(44, '0')}`;
  const signature = createHmac('sha256', SECRET).update(`${now}${token}`).digest('hex');
  return `{"signature":{"timestamp":"${now}","token":"${token}","signature":"${signature}"},"event-data":{"event":"opened","id":"${run}-${nr}","timestamp":${now}.5,"recipient":"${person(nr)}","tags":["spring"],"ip":"203.0.113.7","message":{"headers":{"message-id":"m-${nr % 5_000}"}},"client-info":{"client-os":"Windows","device-type":"desktop","client-name":"Chrome","client-type":"browser","user-agent":"${AGENT}"}}}`;
}

export const postmarkWebhook: Webhook = { secret: SECRET, sign: () => `x-webhook-secret: ${SECRET}\r\n` };

/** An open of a mail. */
export function postmarkEvent(): string {
  const nr = ++serial;
  return `{"RecordType":"Open","MessageStream":"broadcast","MessageID":"m-${nr}","Tag":"spring","Recipient":"${person(nr)}","ReceivedAt":"${new Date().toISOString()}","FirstOpen":true,"Platform":"Desktop","UserAgent":"${AGENT}","Geo":{"IP":"203.0.113.7"},"Client":{"Name":"Chrome","Family":"Chrome"}}`;
}

export const mailchimpWebhook: Webhook = { secret: SECRET };

/** A change of a person's profile, as a form. */
export function mailchimpForm(): string {
  const nr = ++serial;
  const [date = ''] = new Date().toISOString().split('.');
  return new URLSearchParams({
    ...{
      type: 'profile',
      fired_at: date.replace('T', ' '),
      'data[id]': `${run}${nr}`,
      'data[list_id]': 'l-1',
    },
    ...{ 'data[email]': person(nr), 'data[merges][FNAME]': 'Ada', 'data[merges][LNAME]': `Lovelace ${nr}` },
  }).toString();
}
