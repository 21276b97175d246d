import {
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import type pg from 'pg';
import { CONFIG, type Config } from '../../config.js';
import { DATABASE } from '../../database/database.js';
import { EVENT_STORE, type EventStore } from '../../event-store/event-store.js';
import { Readiness } from '../../http/readiness.js';
import { Metrics } from '../../metrics.js';
import { subscriptionMetrics } from '../metrics.js';
import { inThisThread, type MakeRunnerHost, type RunnerHost } from '../runner-host.js';
import { SubscriptionRunner } from '../runner.js';
import { type Subscription, isReactor } from '../subscription.js';
import { Freshness } from './freshness.js';
import { readModelsState, runnerState } from './role-states.js';

const HOSTS = Symbol('RunnerHosts');

interface Hosts {
  /** Of the projections, and the one that commands go to. */
  readonly runner: SubscriptionRunner;
  readonly projecting: RunnerHost;
  readonly projections: readonly Subscription[];
  readonly reacting: RunnerHost;
  readonly reactors: readonly Subscription[];
}

/**
 * What follows the log: projections, run where the role `project` is, and reactors, run where `react` is; everywhere, what
 * commands and readers need to know of them.
 */
@Module({})
export class SubscriptionsModule implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(HOSTS) private readonly hosts: Hosts,
    @Inject(DATABASE) private readonly pool: pg.Pool,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  /**
   * @param subscriptions every projection and reactor there is
   * @param make where the projections are run
   */
  static with(subscriptions: readonly Subscription[], make: MakeRunnerHost = inThisThread): DynamicModule {
    return {
      module: SubscriptionsModule,
      providers: [
        {
          provide: HOSTS,
          inject: [DATABASE, EVENT_STORE, Metrics],
          useFactory: (pool: pg.Pool, store: EventStore, metrics: Metrics) =>
            compose(subscriptions, pool, store, metrics, make),
        },
        { provide: SubscriptionRunner, inject: [HOSTS], useFactory: ({ runner }: Hosts) => runner },
        {
          provide: Freshness,
          inject: [DATABASE, SubscriptionRunner],
          useFactory: (pool: pg.Pool, runner: SubscriptionRunner) => new Freshness(pool, runner.moved),
        },
      ],
      exports: [SubscriptionRunner, Freshness],
    };
  }

  onModuleInit(): void {
    const { projections, reactors } = this.hosts;
    this.readiness.speakFor('project', () => runnerState(this.pool, projections));
    this.readiness.speakFor('query', () => readModelsState(this.pool, projections));
    if (this.reacts) this.readiness.speakFor('react', () => runnerState(this.pool, reactors));
  }

  onApplicationBootstrap(): void {
    if (this.config.roles.has('project')) this.hosts.projecting.start();
    if (this.reacts) this.hosts.reacting.start();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.config.roles.has('project')) await this.hosts.projecting.stop();
    if (this.reacts) await this.hosts.reacting.stop();
  }

  private get reacts(): boolean {
    return this.config.roles.has('react') && this.hosts.reactors.length > 0;
  }
}

function compose(
  subscriptions: readonly Subscription[],
  pool: pg.Pool,
  store: EventStore,
  metrics: Metrics,
  make: MakeRunnerHost,
): Hosts {
  const observe = subscriptionMetrics(metrics);
  const projections = subscriptions.filter((one) => !isReactor(one));
  const reactors = subscriptions.filter(isReactor);
  const shared = { pool, store, subscriptions, observe, log: new Logger('subscriptions') };
  const onCommand = (): void => [projecting, reacting].forEach((host) => host.wake());
  const runner = new SubscriptionRunner({ ...shared, runs: projections, onCommand });
  const projecting = make(runner, observe);
  const reacting = new SubscriptionRunner({ ...shared, runs: reactors });
  return { runner, projecting, projections, reacting, reactors };
}
