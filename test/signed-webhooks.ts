import { Signature } from '@hubspot/api-client';
import { EventWebhook } from '@sendgrid/eventwebhook';
import { generateKeyPairSync, sign } from 'node:crypto';

interface SignedRequest {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A provider whose own library makes, or verifies, the signatures of its webhooks. */
export interface SignedWebhook {
  readonly title: string;
  readonly format: string;
  readonly secret: string;
  /** One event, signed for this moment as each try of the provider is. @param url as the collector is known to the provider */
  readonly request: (nth: number, url: string) => SignedRequest;
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const verificationKey = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
const library = new EventWebhook();
const CLIENT_SECRET = 'the client secret of the app';

function bySendgrid(nth: number): SignedRequest {
  const event = {
    event: 'open',
    email: 'ada@acme.example',
    timestamp: 1_772_357_400,
    sg_event_id: `e-${nth}`,
  };
  const body = `${JSON.stringify([event])}\r\n`;
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = sign('sha256', Buffer.from(timestamp + body), privateKey).toString('base64');
  const key = library.convertPublicKeyToECDSA(verificationKey);
  if (!library.verifySignature(key, body, signature, timestamp)) throw new Error('SendGrid signs otherwise');
  const name = 'x-twilio-email-event-webhook';
  return { body, headers: { [`${name}-signature`]: signature, [`${name}-timestamp`]: timestamp } };
}

function byHubspot(nth: number, url: string): SignedRequest {
  const notification = {
    ...{ eventId: nth, subscriptionId: 7, portalId: 62_515, occurredAt: Date.UTC(2026, 0, 1) + nth },
    ...{ subscriptionType: 'contact.propertyChange', objectId: 100 + nth },
    ...{ propertyName: 'email', propertyValue: `person-${nth}@acme.example` },
  };
  const [body, timestamp] = [JSON.stringify([notification]), Date.now()];
  const signature = Signature.getSignature('POST', 'v3', {
    ...{ signature: '', clientSecret: CLIENT_SECRET, requestBody: body, url, timestamp },
  });
  const headers = {
    'x-hubspot-signature-v3': signature,
    'x-hubspot-request-timestamp': String(timestamp),
  };
  return { body, headers };
}

export const SIGNED_WEBHOOKS: readonly SignedWebhook[] = [
  { title: 'SendGrid', format: 'sendgrid', secret: verificationKey, request: bySendgrid },
  { title: 'HubSpot', format: 'hubspot', secret: CLIENT_SECRET, request: byHubspot },
];
