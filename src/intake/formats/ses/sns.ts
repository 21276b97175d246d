import { verify, X509Certificate, type KeyObject } from 'node:crypto';
import { memoize } from '../../../domain/memoize.js';
import type { SignedRequest, VerificationServices } from '../../format.js';
import { isObject, type JsonObject } from '../../json.js';
import { isRejected, type Refusal } from '../../outcome.js';
import type { RequestBody } from '../../request-body.js';
import { signatureInvalid, signatureMissing, verifyAge } from '../../signatures.js';
import { text } from '../../values.js';

export const SNS_TYPES = ['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation'] as const;
type SnsType = (typeof SNS_TYPES)[number];

/** A message of Amazon SNS, as its signature covers it. */
export interface SnsMessage {
  readonly Type: SnsType;
  readonly MessageId: string;
  readonly TopicArn: string;
  readonly Message: string;
  readonly Timestamp: string;
  readonly [field: string]: unknown;
}

const NEEDED = ['MessageId', 'TopicArn', 'Message', 'Timestamp'] as const;

/** Undefined: the body is none. */
export function snsMessage(body: RequestBody): SnsMessage | undefined {
  const json = body.json();
  if (isRejected(json) || !isObject(json.value)) return undefined;
  const { value } = json;
  const isWhole = NEEDED.every((name) => typeof value[name] === 'string');
  return isWhole && SNS_TYPES.some((type) => type === value.Type)
    ? (value as JsonObject & SnsMessage)
    : undefined;
}

/** Fields that the signature covers, in this order; those that a message does not have are left out. */
const SIGNED: Readonly<Record<SnsType, readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: [
    ...['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  ],
  UnsubscribeConfirmation: [
    ...['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  ],
};

export function signedText(message: SnsMessage): string {
  const fields = SIGNED[message.Type].filter((name) => typeof message[name] === 'string');
  return fields.map((name) => `${name}\n${String(message[name])}\n`).join('');
}

const DIGESTS: Readonly<Record<string, string>> = { 1: 'sha1', 2: 'sha256' };
const AWS_HOST = /^sns\.[a-z\d-]{3,}\.amazonaws\.com(?:\.cn)?$/;
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[\w-]+\.pem$/;

/**
 * Verifies a message of SNS, and confirms the subscription that it asks for. Anybody can have SNS sign messages of a topic of his
 * own: only those of the collector's topics are accepted.
 *
 * @throws StoreUnavailable the certificate, or the confirmation, cannot be had now
 */
export async function verifySns(
  { head, body, receivedAt }: SignedRequest,
  services: VerificationServices,
): Promise<Refusal | undefined> {
  const message = snsMessage(body);
  if (!message)
    return signatureMissing(
      'it is not a message of SNS; turn raw message delivery off for this subscription',
    );
  const { topics } = head.collector?.settings ?? {};
  if (!Array.isArray(topics) || !topics.includes(message.TopicArn)) return topicRefused(message.TopicArn);
  const certificate = awsUrl(message.SigningCertURL, CERTIFICATE_PATH);
  const digest = DIGESTS[text(message.SignatureVersion) ?? ''];
  if (certificate === undefined || digest === undefined) return signatureInvalid;
  const key = publicKey(await services.fetchText(certificate));
  const signature = Buffer.from(String(message.Signature), 'base64');
  if (!key || !verify(digest, Buffer.from(signedText(message)), key, signature)) return signatureInvalid;
  return verifyAge(Date.parse(message.Timestamp), receivedAt) ?? (await confirm(message, services));
}

async function confirm(message: SnsMessage, services: VerificationServices): Promise<Refusal | undefined> {
  if (message.Type !== 'SubscriptionConfirmation') return undefined;
  const address = awsUrl(message.SubscribeURL, /^\/\?/);
  if (address === undefined) return signatureInvalid;
  await services.request(address);
  return undefined;
}

const topicRefused = (topic: string): Refusal => ({
  ...{ status: 401, code: 'topic-not-allowed' },
  detail: `"${topic.slice(0, 200)}" is not one of the topics of this collector; add its ARN to the setting topics`,
});

/** The address when it is one of SNS at AWS. @param path with the query */
function awsUrl(value: unknown, path: RegExp): string | undefined {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  const isAws =
    url?.protocol === 'https:' &&
    AWS_HOST.test(url.host) &&
    path.test(url.pathname + url.search) &&
    url.username === '' &&
    url.password === '';
  return isAws ? url.href : undefined;
}

/** A certificate has some 2 KB. */
const LONGEST = 8 * 1024;

const publicKey = memoize(
  100,
  (pem: string): KeyObject | undefined => {
    try {
      const key = new X509Certificate(pem).publicKey;
      return key.asymmetricKeyType === 'rsa' ? key : undefined;
    } catch {
      return undefined;
    }
  },
  LONGEST,
);
