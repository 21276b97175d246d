import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create, createFileRegistry, type DescService, fromBinary } from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import {
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  Metadata,
  type ServiceClientConstructor,
  type ServiceError,
  status as Code,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { CollectorService, file_touchline_v1_collector } from '../proto/touchline/v1/collector_pb.js';
import { file_touchline_v1_query, QueryService } from '../proto/touchline/v1/query_pb.js';
import { bearer, GrpcClient } from '../../test/grpc.js';
import { type GrpcApp, grpcApp } from '../../test/grpc-app.js';
import { type GrpcServer, serveGrpc } from './server.js';

const MODULES = join(import.meta.dirname, '..', '..', 'node_modules');
const PROTO = join(MODULES, '@grpc', 'reflection', 'build', 'proto', 'grpc', 'reflection');

interface Asked {
  readonly list_services_response: { readonly service: readonly { readonly name: string }[] };
  readonly file_descriptor_response: { readonly file_descriptor_proto: readonly Buffer[] };
}
interface Ready {
  readonly status: string;
  readonly checks: Readonly<Record<'collect' | 'query', { readonly ready: boolean }>>;
}
interface Health {
  readonly status: string;
}
interface Stub extends Client {
  Check(request: object, answered: (error: ServiceError | null, answer: Health) => void): void;
  Watch(request: object): ClientReadableStream<Health>;
  ServerReflectionInfo(): ClientDuplexStream<object, Asked>;
}

/** The stubs of a service as any client makes them from its .proto. */
function stub(file: string, path: string, port: number): Stub {
  const loaded = loadPackageDefinition(loadSync(file, { keepCase: true, enums: String }));
  const service = path.split('.').reduce<GrpcObject[string]>((at, part) => (at as GrpcObject)[part]!, loaded);
  const made = new (service as ServiceClientConstructor)(`127.0.0.1:${port}`, credentials.createInsecure());
  return made as unknown as Stub;
}

let app: GrpcApp;
beforeAll(async () => {
  app = await grpcApp({ ROLES: 'collect,query' });
});
afterAll(() => app?.close());

describe('health', () => {
  const check = (client: Stub, service: string): Promise<string> =>
    new Promise((resolve) => {
      client.Check({ service }, (error, answer) => {
        resolve(error ? Code[error.code] : answer.status);
      });
    });

  test('tells of the server and of each service that it serves, by its role', async () => {
    const server = await bare({
      serving: async () => ({ whole: false, roles: new Set(['collect'] as const) }),
    });
    const client = stub(protoPath, 'grpc.health.v1.Health', server.port);
    expect(await check(client, '')).toBe('NOT_SERVING');
    expect(await check(client, 'touchline.v1.CollectorService')).toBe('SERVING');
    expect(await check(client, 'touchline.v1.QueryService')).toBe('NOT_SERVING');
    expect(await check(client, 'touchline.v1.Nobody')).toBe('NOT_FOUND');
    client.close();
    await server.stop();
  });

  test('says what /health/ready says', async () => {
    const client = stub(protoPath, 'grpc.health.v1.Health', app.grpc.port);
    const { checks, status } = (await app.app.inject('/health/ready')).json<Ready>();
    const word = (ready: boolean): string => (ready ? 'SERVING' : 'NOT_SERVING');
    expect(await check(client, '')).toBe(word(status === 'ready'));
    expect(await check(client, 'touchline.v1.CollectorService')).toBe(word(checks.collect.ready));
    expect(await check(client, 'touchline.v1.QueryService')).toBe(word(checks.query.ready));
    expect(checks.collect.ready).toBe(true);
    client.close();
  });

  test('of a process that is not ready, and of one that stops, is NOT_SERVING, and a watch does not hold it up', async () => {
    const seen: string[] = [];
    let ready = false;
    const server = await bare({ serving: async () => ({ whole: ready, roles: new Set() }) });
    const client = stub(protoPath, 'grpc.health.v1.Health', server.port);
    const watch = client.Watch({ service: '' });
    const ended = new Promise<string>((resolve) => {
      watch.on('status', ({ code }) => resolve(Code[code] ?? ''));
      watch.on('error', () => undefined);
    });
    const told = (count: number) =>
      new Promise<void>((resolve) => {
        const look = (): void => (seen.length >= count ? resolve() : void setTimeout(look, 20));
        look();
      });
    watch.on('data', ({ status }: Health) => seen.push(status));
    await told(1);
    ready = true;
    await told(seen.length + 1);
    await server.stop();
    expect(await ended).toBe('OK');
    expect([seen[0], ...seen.slice(-2)]).toEqual(['NOT_SERVING', 'SERVING', 'NOT_SERVING']);
    client.close();
  });
});

describe.each(['v1', 'v1alpha'])('reflection %s', (version) => {
  const asked = (requests: object[]): Promise<Asked[]> =>
    new Promise((resolve, reject) => {
      const file = join(PROTO, version, 'reflection.proto');
      const client = stub(file, `grpc.reflection.${version}.ServerReflection`, app.grpc.port);
      const answers: Asked[] = [];
      const call = client.ServerReflectionInfo();
      call.on('data', (answer: Asked) => {
        answers.push(answer);
        if (answers.length === requests.length) call.end();
      });
      call.on('error', reject).on('end', () => {
        client.close();
        resolve(answers);
      });
      for (const request of requests) call.write(request);
    });

  test('lists the services', async () => {
    const [answer] = await asked([{ list_services: '*' }]);
    expect(answer!.list_services_response.service.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'touchline.v1.CollectorService',
        'touchline.v1.QueryService',
        'grpc.health.v1.Health',
      ]),
    );
  });

  test('describes them as the .proto files do, optional fields included', async () => {
    const answers = await asked([
      { file_containing_symbol: CollectorService.typeName },
      { file_containing_symbol: QueryService.typeName },
    ]);
    const files = answers.flatMap(({ file_descriptor_response: { file_descriptor_proto: bytes } }) =>
      bytes.map((file) => fromBinary(FileDescriptorProtoSchema, file)),
    );
    const once = [...new Map(files.map((file) => [file.name, file])).values()];
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: inOrder(once) }));
    for (const { messages } of [file_touchline_v1_collector, file_touchline_v1_query]) {
      for (const { typeName, fields } of messages) {
        const shown = registry.getMessage(typeName)!.fields;
        const shape = (field: (typeof fields)[number]) => [
          ...[field.name, field.number, field.fieldKind, field.presence, field.message?.typeName],
        ];
        expect([typeName, shown.map(shape)]).toEqual([typeName, fields.map(shape)]);
      }
    }
  });
});

/** Files after those that they import. */
function inOrder(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const done: FileDescriptorProto[] = [];
  const add = (file: (typeof files)[number]): void => {
    if (done.includes(file)) return;
    for (const name of file.dependency) add(files.find((other) => other.name === name)!);
    done.push(file);
  };
  for (const file of files) add(file);
  return done;
}

describe('a process', () => {
  test.each([
    ['collect', 'UNAUTHENTICATED', 'UNIMPLEMENTED'],
    ['query', 'UNIMPLEMENTED', 'UNAUTHENTICATED'],
  ])('with the role %s serves what that role does', async (role, collecting, querying) => {
    const server = await bare({ roles: new Set([role as 'collect']) });
    const outcome = ({ typeName }: DescService, name: string) =>
      new Promise<string>((resolve) => {
        const same = (bytes: Buffer) => bytes;
        const path = `/${typeName}/${name}`;
        const client = new GrpcClient(server.port, bearer('k'));
        client.raw.makeUnaryRequest(path, same, same, Buffer.alloc(0), new Metadata(), {}, (error) => {
          client.close();
          resolve(Code[error!.code]);
        });
      });
    expect(await outcome(CollectorService, 'Record')).toBe(collecting);
    expect(await outcome(QueryService, 'GetLead')).toBe(querying);
    expect(await outcome(CollectorService, 'Forget')).toBe('UNIMPLEMENTED');
    await server.stop();
  });

  test('whose port is taken says so and names the setting', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '0.0.0.0', listening));
    const { port } = other.address() as { port: number };
    await expect(bare({}, port)).rejects.toThrow(
      `GRPC_PORT: port ${port} is taken by another program; set it to a free one`,
    );
    other.close();
  });
});

function bare(parts: Partial<Parameters<typeof serveGrpc>[1]>, port = 0): Promise<GrpcServer> {
  const { metrics } = app.runtime;
  const keys = { resolveWriteKey: async () => undefined, resolveApiKey: async () => undefined };
  return serveGrpc(port, {
    ...{ roles: new Set(['collect', 'query'] as const), keys, metrics, log: pino({ level: 'silent' }) },
    ...{
      serving: async () => ({ whole: true, roles: new Set(['collect', 'query'] as const) }),
      pipeline: {} as never,
      queries: {} as never,
    },
    ...parts,
  });
}
