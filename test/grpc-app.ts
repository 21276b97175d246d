import { pino } from 'pino';
import { grpcParts } from '../src/grpc/parts.js';
import { type GrpcServer, serveGrpc } from '../src/grpc/server.js';
import { testApp, type TestApp } from './app.js';
import { bearer, GrpcClient } from './grpc.js';

export interface GrpcApp extends TestApp {
  readonly grpc: GrpcServer;
  /** With the write key, and with the API key, of workspace `main`. */
  readonly collector: GrpcClient;
  readonly analyst: GrpcClient;
  /** A client that is closed with the application. */
  client(key?: string): GrpcClient;
}

/** The whole application over a database of its own, served by gRPC on a free port and asked over HTTP by `app.inject`. */
export async function grpcApp(environment: Readonly<Record<string, string>> = {}): Promise<GrpcApp> {
  const test = await testApp(environment);
  const { config, metrics } = test.runtime;
  const grpc = await serveGrpc(0, grpcParts(test.app, config.roles, metrics, pino({ level: 'silent' })));
  const clients: GrpcClient[] = [];
  const client = (key?: string): GrpcClient => {
    const made = new GrpcClient(grpc.port, key === undefined ? undefined : bearer(key));
    clients.push(made);
    return made;
  };
  return {
    ...{ ...test, grpc, client },
    collector: client(test.keys.writeKey),
    analyst: client(test.keys.apiKey),
    async close() {
      for (const one of clients) one.close();
      await grpc.stop();
      await test.close();
    },
  };
}
