import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './e2e/server-process.js';
import { until } from './until.js';

const run = promisify(execFile);
const POM = join(import.meta.dirname, 'kafka', 'pom.xml');
const START_MS = 60_000;

/** A broker that specs may use; `process` only where the specs started it, and may kill it. */
export interface TestBroker {
  readonly brokers: string;
  readonly process: BrokerProcess | undefined;
  stop(): Promise<void>;
}

/**
 * Why no broker can be had here, for the names of the specs that are skipped then; undefined: one can. KAFKA_BROKERS names
 * a running one, for tests only: they delete topics. Else Java starts one from jars that Maven brings once. In CI there is no
 * excuse.
 */
export async function noBroker(): Promise<string | undefined> {
  if (process.env.KAFKA_BROKERS || process.env.CI) return undefined;
  if (!(await works('java', '-version'))) return 'no Java here';
  const folder = await jarFolder();
  if (existsSync(folder) || (await works('mvn', '-version'))) return undefined;
  return 'no Maven here to bring the broker';
}

/** Why a spec that kills or secures the broker cannot run here. */
export const noOwnBroker = async (): Promise<string | undefined> =>
  process.env.KAFKA_BROKERS ? 'the broker of KAFKA_BROKERS is not ours to end' : noBroker();

/** The broker of KAFKA_BROKERS, else one of the caller's own. */
export async function testBroker(): Promise<TestBroker> {
  const given = process.env.KAFKA_BROKERS;
  if (given) return { brokers: given, process: undefined, stop: () => Promise.resolve() };
  const broker = await BrokerProcess.start();
  return { brokers: broker.brokers, process: broker, stop: () => broker.remove() };
}

export interface BrokerOptions {
  /** Lines of server.properties beside those that make it run. */
  readonly properties?: readonly string[];
  /** A second listener for clients, e.g. `SASL_SSL`; `properties` set it up. */
  readonly secured?: 'SASL_SSL';
  /** An additional listener that is advertised with another port: that of a proxy. */
  readonly wired?: { readonly port: number; readonly advertised: number };
  /** Users for SCRAM, as StorageTool takes them. */
  readonly scram?: readonly string[];
}

/** Apache Kafka in KRaft mode, one node that is broker and controller, on loopback ports of its own. */
export class BrokerProcess {
  private child: ChildProcess | undefined;
  private readonly lines: string[] = [];

  private constructor(
    readonly folder: string,
    private readonly jars: string,
    readonly port: number,
    readonly securePort: number | undefined,
  ) {}

  get brokers(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** @throws Error with what the broker lines when it does not come up */
  static async start(options: BrokerOptions = {}): Promise<BrokerProcess> {
    const jars = await bringJars();
    const folder = await mkdtemp(join(tmpdir(), 'touchline-kafka-'));
    const securePort = options.secured ? await freePort() : undefined;
    const broker = new BrokerProcess(folder, jars, await freePort(), securePort);
    await writeFile(broker.file('server.properties'), await broker.properties(options));
    await writeFile(broker.file('log4j2.properties'), QUIET);
    const scram = (options.scram ?? []).flatMap((user) => ['--add-scram', user]);
    const config = ['-c', broker.file('server.properties')];
    await broker.java('kafka.tools.StorageTool', 'format', '-t', clusterId(), ...config, ...scram);
    await broker.restart();
    return broker;
  }

  /** Starts it again on the same ports and data. */
  async restart(): Promise<void> {
    const child = spawn('java', this.command('kafka.Kafka', this.file('server.properties')), {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    const collect = (chunk: Buffer): void => void this.lines.push(chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const up = await until(
      () => this.ended || this.lines.join('').includes('Kafka Server started'),
      START_MS,
    );
    this.lines.length = up && !this.ended ? 0 : this.lines.length;
    if (!up || this.ended) throw new Error(`the broker did not start:\n${this.lines.join('')}`);
  }

  /** SIGKILL: nothing is flushed and no session ends. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  private get ended(): boolean {
    return this.child?.exitCode !== null || this.child.signalCode !== null;
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || this.ended) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  private command(main: string, ...args: string[]): string[] {
    const log = `-Dlog4j2.configurationFile=${this.file('log4j2.properties')}`;
    return [
      '-Xms128m',
      '-Xmx512m',
      '-XX:TieredStopAtLevel=1',
      log,
      '-cp',
      join(this.jars, '*'),
      main,
      ...args,
    ];
  }

  private async java(main: string, ...args: string[]): Promise<void> {
    await run('java', this.command(main, ...args));
  }

  private async properties({ properties = [], secured, wired }: BrokerOptions): Promise<string> {
    const controller = await freePort();
    const second = secured && this.securePort ? [`${secured}://127.0.0.1:${this.securePort}`] : [];
    const wire = (port: number | undefined): string[] => (port ? [`WIRED://127.0.0.1:${port}`] : []);
    const clients = [`PLAINTEXT://${this.brokers}`, ...second];
    return [
      'process.roles=broker,controller',
      'node.id=1',
      `listeners=${[...clients, ...wire(wired?.port)].join(',')},CONTROLLER://127.0.0.1:${controller}`,
      `advertised.listeners=${[...clients, ...wire(wired?.advertised)].join(',')}`,
      'controller.listener.names=CONTROLLER',
      'inter.broker.listener.name=PLAINTEXT',
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,WIRED:PLAINTEXT',
      `controller.quorum.voters=1@127.0.0.1:${controller}`,
      `log.dirs=${this.file('data')}`,
      'auto.create.topics.enable=false',
      'offsets.topic.replication.factor=1',
      'offsets.topic.num.partitions=4',
      'transaction.state.log.replication.factor=1',
      'transaction.state.log.min.isr=1',
      'share.coordinator.state.topic.replication.factor=1',
      'share.coordinator.state.topic.min.isr=1',
      'group.initial.rebalance.delay.ms=0',
      'group.min.session.timeout.ms=1000',
      // After SIGKILL it waits until its own old session is over.
      'broker.session.timeout.ms=1500',
      'broker.heartbeat.interval.ms=300',
      // Deleted topics are gone from the disk at once.
      'file.delete.delay.ms=100',
      ...properties,
      '',
    ].join('\n');
  }
}

const QUIET = `rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c %m%n
logger.start.name = kafka.server.KafkaRaftServer
logger.start.level = info
logger.broker.name = kafka.server.BrokerServer
logger.broker.level = info
`;

/** 16 random bytes as Kafka writes an id; its tool would take one that begins with `-` for an option. */
function clusterId(): string {
  const id = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
}

/** Where the jars of the pinned version are kept between runs; TOUCHLINE_KAFKA_JARS names another folder. */
async function jarFolder(): Promise<string> {
  const given = process.env.TOUCHLINE_KAFKA_JARS;
  if (given) return given;
  const version = /<artifactId>kafka_[\d.]+<\/artifactId>\s*<version>([^<]+)</.exec(
    await readFile(POM, 'utf8'),
  )?.[1];
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(cache, 'touchline', `kafka-${version ?? 'unknown'}`);
}

/** Whole or not at all: two runs at the same time bring the same. */
async function bringJars(): Promise<string> {
  const folder = await jarFolder();
  if (existsSync(folder)) return folder;
  await mkdir(join(folder, '..'), { recursive: true });
  const parts = await mkdtemp(`${folder}-`);
  const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  await run('mvn', ['-q', '-B', '-f', POM, copy, '-DincludeScope=runtime', `-DoutputDirectory=${parts}`]);
  if (!readdirSync(parts).some((name) => name.startsWith('kafka_')))
    throw new Error('Maven brought no broker');
  await rename(parts, folder).catch(async (error: unknown) => {
    if (!existsSync(folder)) throw error;
    await rm(parts, { recursive: true });
  });
  return folder;
}

const works = (command: string, ...args: string[]): Promise<boolean> =>
  run(command, args).then(
    () => true,
    () => false,
  );
