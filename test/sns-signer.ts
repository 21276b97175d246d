import { execFile } from 'node:child_process';
import { randomUUID, sign } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { signedText, type SnsMessage } from '../src/intake/formats/ses/sns.js';

const run = promisify(execFile);
export const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:ses-events';
const HOST = 'https://sns.eu-central-1.amazonaws.com';
export const CERTIFICATE_URL = `${HOST}/SimpleNotificationService-0123456789abcdef.pem`;
export const CONFIRM_URL = `${HOST}/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=2336412f37fb687f5d51e6e2425e`;

/** Signs messages as Amazon SNS does, with a key and a certificate of its own. */
export class SnsSigner {
  private constructor(
    private readonly key: string,
    readonly certificate: string,
  ) {}

  static async make(): Promise<SnsSigner> {
    const folder = await mkdtemp(join(tmpdir(), 'touchline-sns-'));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
    await run('openssl', [...request, '-subj', '/CN=sns.amazonaws.com', '-keyout', key, '-out', certificate]);
    const made = new SnsSigner(await readFile(key, 'utf8'), await readFile(certificate, 'utf8'));
    await rm(folder, { recursive: true });
    return made;
  }

  notification(event: object | string, fields: Partial<SnsMessage> = {}): SnsMessage {
    const message = {
      ...{ Type: 'Notification' as const, MessageId: randomUUID(), TopicArn: TOPIC },
      Message: typeof event === 'string' ? event : JSON.stringify(event),
      ...{ Timestamp: new Date().toISOString(), SignatureVersion: '1', SigningCertURL: CERTIFICATE_URL },
      ...fields,
    };
    const digest = message.SignatureVersion === '2' ? 'sha256' : 'sha1';
    const signature = sign(digest, Buffer.from(signedText(message)), this.key).toString('base64');
    return { ...message, Signature: signature };
  }

  confirmation(
    type: 'SubscriptionConfirmation' | 'UnsubscribeConfirmation',
    fields: object = {},
  ): SnsMessage {
    const text = 'You have chosen to subscribe to the topic. To confirm, visit the SubscribeURL.';
    return this.notification(text, {
      Type: type,
      Token: '2336412f37fb',
      SubscribeURL: CONFIRM_URL,
      ...fields,
    });
  }
}
