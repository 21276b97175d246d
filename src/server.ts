import type { Logger } from 'pino';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { AppModule } from './app.module.js';
import type { Config } from './config.js';
import { BiGuard } from './database/bi-guard.js';
import { answerForAbsentRoles, type Served } from './http/absent-roles.js';
import { Admission } from './http/admission/admission.js';
import { dressApp, fastifyAdapter } from './http/app.js';
import { Readiness } from './http/readiness.js';
import { type Kafka, TOPICS } from './kafka/kafka.js';
import type { KafkaConfig } from './kafka-config.js';
import { NestLogger } from './logger.js';
import { BROWSER_SDK_ROUTES } from './intake/browser-sdk-routes.js';
import { pathsOf } from './intake/collector-routes.js';
import { FORMATS, Formats } from './intake/formats/all.js';
import { collectorsOpenApi } from './collectors/collectors-openapi.js';
import { linksOpenApi } from './collectors/links-openapi.js';
import { collectorPaths } from './intake/openapi.js';
import type { RunPreview } from './model-preview/preview-model.js';
import { previewInThread } from './model-preview/run-in-thread.js';
import { projections } from './projections/all.js';
import type { Engagement } from './queries/engagement/engagement.js';
import { EngagementThread } from './queries/engagement/engagement-in-thread.js';
import { DEFAULT_KEPT } from './queries/engagement/kept-histories.js';
import { registered, UNUSED_SINK } from './registered.js';
import type { MakeRunnerHost } from './subscriptions/runner-host.js';
import { SubscriptionRunner } from './subscriptions/runner.js';
import type { ProjectorData } from './projector.js';
import { runInThread } from './projector-thread.js';
import { setupOpenApi } from './openapi/setup.js';
import type { OpenRuntime, Runtime } from './runtime.js';
import { openRuntime } from './open-runtime.js';
import { sentMessages, webhooksOpenApi } from './webhooks/webhooks-openapi.js';
import { ShutdownStack } from './shutdown-stack.js';

export interface RunningServer {
  /** Where it serves, e.g. http://localhost:3000. */
  readonly url: string;
  /** Undefined: gRPC is not served. */
  readonly grpcPort: number | undefined;
  readonly runtime: OpenRuntime;
  /** Stops accepting, lets requests and appends in flight end, then stops all that was started. */
  stop(): Promise<void>;
}

/** What each role serves; health and metrics are everywhere. */
const ROUTES_OF_ROLES: Served = {
  collect: [...pathsOf(FORMATS.list), ...Object.values(BROWSER_SDK_ROUTES)],
  query: ['/api/*', '/docs', '/openapi.json', '/openapi.yaml'],
};

/** Requests in flight get this long to end before their connections are cut. */
const DRAIN_MS = 10_000;

/**
 * Opens the database (embedded unless DATABASE_URL), composes the application and serves.
 *
 * @param beforeServing runs when everything is open and nothing is served yet
 * @throws whatever keeps it from serving, after closing what was opened
 */
export async function startServer(
  config: Config,
  log: Logger,
  beforeServing: (runtime: OpenRuntime) => Promise<void>,
): Promise<RunningServer> {
  const closing = new ShutdownStack();
  try {
    const kafka = config.kafka && (await openKafkaFor(config, config.kafka, log));
    if (kafka) closing.add(() => kafka.close());
    const opened = await openRuntime(config, log, closing, 'wait');
    const runtime = { ...opened, ...(kafka && { kafka }) };
    // Before the first event: a projection that is new to a log with events is a rebuild, and not to be read.
    const { pool, store } = runtime;
    if (config.roles.has('project'))
      await new SubscriptionRunner({
        pool,
        store,
        subscriptions: registered(UNUSED_SINK),
        runs: projections,
      }).register();
    await beforeServing(runtime);
    const guard = biGuard(runtime, log);
    closing.add(() => guard.stop());
    const engagement = engagementInThread(runtime);
    closing.add(() => engagement.close());
    const app = await createApp(
      runtime,
      log,
      runInThread(projectorData(runtime), new NestLogger(log)),
      previewInThread(runtime.databaseUrl),
      engagement,
    );
    closing.add(() => closeApp(app, log));
    await app.listen(config.port, '0.0.0.0');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const grpcPort = await startGrpc(app, runtime, log, closing);
    return { url: `http://localhost:${port}`, grpcPort, runtime, stop: () => closing.run() };
  } catch (error) {
    await closing.run();
    throw error;
  }
}

const biGuard = ({ pool, config }: Runtime, log: Logger): BiGuard =>
  new BiGuard({
    pool,
    log: (line) => log.warn(line),
    folder: config.databaseUrl === undefined ? config.dataDir : undefined,
  });

/** Serves gRPC beside HTTP where GRPC_PORT asks for it; stopped before HTTP is. @returns the port */
async function startGrpc(
  app: NestFastifyApplication,
  { config, metrics }: Runtime,
  log: Logger,
  closing: ShutdownStack,
): Promise<number | undefined> {
  if (config.grpcPort === undefined) return undefined;
  const [{ grpcParts }, { serveGrpc }] = await Promise.all([
    import('./grpc/parts.js'),
    import('./grpc/server.js'),
  ]);
  const grpc = await serveGrpc(config.grpcPort, grpcParts(app, config.roles, metrics, log));
  closing.add(() => {
    app.get(Readiness).beginStop();
    return grpc.stop();
  });
  log.info(`gRPC is listening on port ${grpc.port}`);
  return grpc.port;
}

/** @throws KafkaFault it cannot be used, or a topic that the roles need is missing */
async function openKafkaFor({ roles }: Config, config: KafkaConfig, log: Logger): Promise<Kafka> {
  // As gRPC, loaded only when it is used: each costs tens of megabytes.
  const { openKafka } = await import('./kafka/kafkajs/open.js');
  const kafka = await openKafka(config, log);
  const topics = [
    ...(roles.has('collect') ? [TOPICS.touchpoints, TOPICS.rejected] : []),
    ...(roles.has('react') ? [TOPICS.events] : []),
  ];
  if (topics.length > 0) await kafka.prepare(topics);
  return kafka;
}

function projectorData({ config, databaseUrl, growth }: OpenRuntime): ProjectorData {
  const alone = !config.roles.has('collect') && !config.roles.has('query');
  const embedded = config.databaseUrl === undefined;
  const yields = alone ? 'to-nobody' : embedded ? 'to-threads-and-sessions' : 'to-threads';
  return { databaseUrl, eventStore: config.eventStore, growth: growth.shared, yields };
}

const engagementInThread = ({ config, databaseUrl }: OpenRuntime): EngagementThread =>
  new EngagementThread({
    databaseUrl,
    limits: { ...DEFAULT_KEPT, bytes: config.metricsMemoryBytes },
  });

/** The application, initialised but not listening. */
export async function createApp(
  runtime: Runtime,
  log: Logger,
  projecting?: MakeRunnerHost,
  previewing?: RunPreview,
  engagement?: Engagement,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(runtime, projecting, previewing, engagement),
    fastifyAdapter(),
    { logger: new NestLogger(log), abortOnError: false },
  );
  dressApp(app, runtime.metrics, app.get(Admission));
  answerForAbsentRoles(app, runtime.config.roles, ROUTES_OF_ROLES);
  if (runtime.config.roles.has('query'))
    setupOpenApi(app, [
      {
        ...collectorPaths(app.get(Formats, { strict: false }), [
          collectorsOpenApi,
          linksOpenApi,
          webhooksOpenApi,
        ]),
        webhooks: sentMessages,
      },
    ]);
  return app;
}

async function closeApp(app: NestFastifyApplication, log: Logger): Promise<void> {
  app.get(Readiness).beginStop();
  const server = app.getHttpServer();
  const closeTimer = setTimeout(() => {
    log.warn(`requests did not finish within ${DRAIN_MS / 1_000} s; closing their connections`);
    server.closeAllConnections();
  }, DRAIN_MS);
  // A connection whose last request has been answered by now would be kept open for the next one.
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  await app.close();
  clearInterval(idle);
  clearTimeout(closeTimer);
}
