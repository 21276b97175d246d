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
import { Freshness } from './freshness.js';
import { subscriptionMetrics } from '../metrics.js';
import { inThisThread, type MakeRunnerHost, type RunnerHost, RUNNERS } from '../runner-host.js';
import type { Projection } from '../subscription.js';
import { readModelsState, runnerState } from './role-states.js';
import { SubscriptionRunner } from '../runner.js';

const PROJECTING = Symbol('RunnerHost');
/** Events a reactor takes at once: sending gains nothing by more, and short-lived ones cost the collector of garbage less. */
const REACTING_BATCH = 2_000;

interface Parts {
  readonly runner: SubscriptionRunner;
  readonly projecting: RunnerHost;
  readonly projections: readonly Projection[];
  readonly reactors: readonly Projection[];
  readonly reacting: SubscriptionRunner | undefined;
}

/**
 * The read models' writers, run where the role `project` is, and reactors, run where `react` is; everywhere, what readers
 * need to know of them.
 */
@Module({})
export class SubscriptionsModule implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(PROJECTING) private readonly parts: Parts,
    @Inject(DATABASE) private readonly pool: pg.Pool,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  /** @param reactors follow the log as projections do, and send instead of writing */
  static with(
    projections: readonly Projection[],
    reactors: readonly Projection[],
    make: MakeRunnerHost = inThisThread,
  ): DynamicModule {
    return {
      module: SubscriptionsModule,
      providers: [
        {
          provide: PROJECTING,
          inject: [DATABASE, EVENT_STORE, Metrics],
          useFactory: (pool: pg.Pool, store: EventStore, metrics: Metrics) =>
            compose(pool, store, metrics, make, projections, reactors),
        },
        {
          provide: RUNNERS,
          inject: [PROJECTING],
          useFactory: ({ runner, reacting }: Parts) => (reacting ? [runner, reacting] : [runner]),
        },
        { provide: SubscriptionRunner, inject: [PROJECTING], useFactory: ({ runner }: Parts) => runner },
        {
          provide: Freshness,
          inject: [DATABASE, SubscriptionRunner],
          useFactory: (pool: pg.Pool, runner: SubscriptionRunner) => new Freshness(pool, runner.moved),
        },
      ],
      exports: [SubscriptionRunner, RUNNERS, Freshness],
    };
  }

  onModuleInit(): void {
    const { projections, reactors } = this.parts;
    this.readiness.speakFor('project', () => runnerState(this.pool, projections));
    this.readiness.speakFor('query', () => readModelsState(this.pool, projections));
    if (reactors.length > 0) this.readiness.speakFor('react', () => runnerState(this.pool, reactors));
  }

  onApplicationBootstrap(): void {
    if (this.config.roles.has('project')) this.parts.projecting.start();
    if (this.config.roles.has('react')) this.parts.reacting?.start();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.config.roles.has('project')) await this.parts.projecting.stop();
    if (this.config.roles.has('react')) await this.parts.reacting?.stop();
  }
}

function compose(
  pool: pg.Pool,
  store: EventStore,
  metrics: Metrics,
  make: MakeRunnerHost,
  projections: readonly Projection[],
  reactors: readonly Projection[],
): Parts {
  const observe = subscriptionMetrics(metrics);
  const log = new Logger('projections');
  const onCommand = (): void => projecting.nudge();
  const runner = new SubscriptionRunner({ pool, store, projections, observe, log, onCommand });
  const projecting = make(runner, observe);
  const reacting =
    reactors.length > 0
      ? new SubscriptionRunner({
          pool,
          store,
          projections: reactors,
          largestBatch: REACTING_BATCH,
          observe,
          log,
        })
      : undefined;
  return { runner, projecting, projections, reactors, reacting };
}
