import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { freePort } from '../../../test/e2e/server-process.js';
import { noOwnBroker } from '../../../test/kafka.js';
import { KafkaClient } from '../../../test/kafka-client.js';
import { testKafkaConfig } from '../../../test/kafka-collecting.js';
import { securedBroker, type SecuredBroker } from '../../../test/kafka-secured.js';
import { until } from '../../../test/until.js';
import { type Kafka, KafkaFault, RecordTooLarge } from '../kafka.js';
import { openKafka } from './open.js';

const why = await noOwnBroker();
const USER = { KAFKA_SASL: 'plain', KAFKA_USERNAME: 'ada', KAFKA_PASSWORD: 'secret' };
const said: string[] = [];

const open = (brokers: string, settings: Readonly<Record<string, string>> = {}): Promise<Kafka> =>
  openKafka(testKafkaConfig(brokers, settings), { warn: (line) => void said.push(line) });
/** The one line that a start ends with. */
const lineOf = async (brokers: string, settings: Readonly<Record<string, string>> = {}): Promise<string> => {
  const started = open(brokers, settings).then((kafka) => kafka.prepare(['touchpoints']));
  const fault: unknown = await started.then(
    () => 'it started',
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(KafkaFault);
  return (fault as KafkaFault).message;
};

describe('Kafka is reported as unusable in one line', () => {
  const servers: Server[] = [];
  /** A server that is no Kafka. */
  const server = async (answer: (socket: Socket, request: Buffer) => void): Promise<string> => {
    const listening = createServer((socket) => {
      socket.on('data', (request) => answer(socket, request)).on('error', () => undefined);
    });
    servers.push(listening);
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(listening.address() as AddressInfo).port}`;
  };
  afterEach(() => servers.splice(0).forEach((one) => one.close()));

  test('if nothing listens on the port', async () => {
    const nobody = `127.0.0.1:${await freePort()}`;
    expect(await lineOf(nobody)).toMatch(`KAFKA_BROKERS: cannot use Kafka at ${nobody}: `);
    expect(await lineOf('kafka.invalid:9092')).toMatch(
      /^KAFKA_BROKERS: cannot use Kafka at kafka\.invalid:9092: .*ENOTFOUND|EAI_AGAIN/,
    );
  });

  test('if another protocol is spoken on the port', async () => {
    const web = await server((socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'));
    expect(await lineOf(web)).toMatch(
      /^KAFKA_BROKERS: .* (not a supported version of Kafka|closes the connection)/,
    );
  });

  test('if the server does not support the required requests', async () => {
    const old = await server((socket, request) => {
      // Answers ApiVersions: no error, one API, which is ApiVersions itself.
      const answer = Buffer.from('00000010ffffffff000000000001001200000000', 'hex');
      request.copy(answer, 4, 8, 12);
      socket.write(answer);
    });
    expect(await lineOf(old)).toMatch(/^KAFKA_BROKERS: Kafka at .* is not a supported version of Kafka: /);
  });

  test('if the file of certificate authorities does not exist', async () => {
    const settings = { KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: '/nowhere/ca.pem' };
    expect(await lineOf('127.0.0.1:9092', settings)).toMatch(/^KAFKA_TLS_CA_FILE: ENOENT/);
  });
});

(why ? describe.skip : describe)(`a broker with TLS and users${why ? ` (skipped: ${why})` : ''}`, () => {
  let broker: SecuredBroker;
  const warnings: string[] = [];
  const onWarning = ({ name, message }: Error): void => void warnings.push(`${name}: ${message}`);

  beforeAll(async () => {
    process.on('warning', onWarning);
    broker = await securedBroker();
  }, 120_000);
  afterAll(async () => {
    process.off('warning', onWarning);
    await broker?.stop();
  });

  test.each(['plain', 'scram-sha-256'])(
    'topics are created, and records sent and read, with a user of %s',
    async (mechanism) => {
      const kafka = await open(broker.secured, {
        KAFKA_TLS: 'true',
        KAFKA_TLS_CA_FILE: broker.caFile,
        ...USER,
        KAFKA_SASL: mechanism,
      });
      const topic = `secured-${mechanism}`;
      await kafka.prepare([topic]);
      await kafka.prepare([topic]);
      const sink = kafka.sink();
      await sink.send(topic, [{ key: 'k', value: 'v', headers: { a: 'b' } }]);
      const read: string[] = [];
      const consumption = kafka.consume(
        { topic },
        {
          assigned: (partitions) => partitions.forEach((partition) => consumption.readFrom(partition, 0)),
          interrupted: () => undefined,
          records: (_, records) => void read.push(...records.map(({ value }) => String(value))),
        },
      );

      expect(await until(() => read.length > 0, 20_000)).toBe(true);
      expect(read).toEqual(['v']);
      const bounds = [...(await consumption.bounds()).values()];
      expect(bounds).toHaveLength(4);
      expect(bounds.reduce((sum, { end }) => sum + end, 0)).toBe(1);
      await consumption.stop();
      await kafka.close();
    },
  );

  test('created topics have the configured partitions and accept the largest event', async () => {
    const kafka = await open(broker.plain, { KAFKA_PARTITIONS: '7' });
    await kafka.prepare(['touchline.events']);
    const client = await KafkaClient.connect(broker.plain);
    const { topics } = await client.admin.fetchTopicMetadata({ topics: ['touchline.events'] });
    await client.close();
    expect(topics[0]?.partitions).toHaveLength(7);

    const sink = kafka.sink();
    await sink.send('touchline.events', [{ key: 'k', value: 'x'.repeat(1_500_000), headers: {} }]);
    const tooLarge = [{ key: 'k', value: 'x'.repeat(2_500_000), headers: {} }];
    await expect(sink.send('touchline.events', tooLarge)).rejects.toThrow(RecordTooLarge);
    // A send that failed does not spoil the next one.
    await sink.send('touchline.events', [{ key: 'k', value: 'small', headers: {} }]);
    await kafka.close();
  });

  test('a missing topic that may not be created is reported with the setting', async () => {
    const line = await lineOf(broker.plain, { KAFKA_CREATE_TOPICS: 'false' });
    expect(line).toBe(
      'KAFKA_CREATE_TOPICS is false and Kafka has no topic touchpoints: create it, or set KAFKA_CREATE_TOPICS=true',
    );
  });

  test('wrong passwords and mechanisms are reported without the password', async () => {
    const tls = { KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: broker.caFile };
    const wrong = { ...tls, ...USER, KAFKA_PASSWORD: 'hunter2' };
    for (const mechanism of ['plain', 'scram-sha-256']) {
      const line = await lineOf(broker.secured, { ...wrong, KAFKA_SASL: mechanism });
      expect(line).toBe(`KAFKA_USERNAME, KAFKA_PASSWORD: Kafka at ${broker.secured} rejects the user ada`);
    }
    expect(await lineOf(broker.secured, { ...tls, ...USER, KAFKA_SASL: 'scram-sha-512' })).toMatch(
      /^KAFKA_SASL: Kafka at .* does not support the requested SASL mechanism/,
    );
    expect(said.join()).not.toContain('hunter2');
  });

  test('a wrong TLS setting and an untrusted certificate authority are reported', async () => {
    expect(await lineOf(broker.plain, { KAFKA_TLS: 'true' })).toMatch(/^KAFKA_TLS: .* does not use TLS/);
    expect(await lineOf(broker.secured)).toMatch(
      /^KAFKA_BROKERS: .* check whether it expects TLS \(KAFKA_TLS\)/,
    );
    expect(await lineOf(broker.secured, { KAFKA_TLS: 'true', ...USER })).toMatch(
      /^KAFKA_TLS_CA_FILE: the certificate .* is not trusted/,
    );
    expect(await lineOf(broker.secured, { KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: broker.caFile })).toMatch(
      /a user \(KAFKA_SASL\)/,
    );
    expect(await lineOf(broker.plain, USER)).toMatch(/^KAFKA_(SASL|BROKERS): /);
  });

  test('Node logs no warnings, and Kafka errors do not flood the log', () => {
    expect(warnings.filter((warning) => !warning.startsWith('ExperimentalWarning'))).toEqual([]);
    expect(said.length).toBeLessThan(30);
  });
});
