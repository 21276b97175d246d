import { Inject, Logger, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { CONFIG, type Config } from '../config.js';
import { DATABASE } from '../database/database.js';
import { placeholders } from '../domain/placeholder.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { KeyStore } from '../http/keys.js';
import { Readiness, type RoleState } from '../http/readiness.js';
import { Metrics } from '../metrics.js';
import { collectorRoutes } from './collector-routes.js';
import type { Credential } from './format.js';
import { FORMATS, Formats } from './formats/all.js';
import { KeyQuotas } from './key-quotas.js';
import { OPPORTUNITY_REPORTS, type OpportunityReports } from './opportunity-reports.js';
import { Pipeline } from './pipeline.js';
import { observeQuotas } from './quota-refusals.js';
import { RecentItems } from './recent-items.js';
import { recordSpooled } from './record-later.js';
import { RejectedSweeper } from './rejected-sweeper.js';
import { RejectedLog } from './rejected.js';
import { type RecordSpooled, RequestSpool } from './request-spool.js';
import { RetentionWarnings } from './retention-warnings.js';
import { SpoolFigures } from './spool-figures.js';
import { Verification } from './verification.js';
import { WarningLog } from './warnings.js';

function sweeperOf(
  rejected: RejectedLog,
  warnings: WarningLog,
  { rejectedRetention }: Config,
  metrics: Metrics,
): RejectedSweeper {
  const log = new Logger('rejected');
  const expected = new RetentionWarnings(rejectedRetention, (line) => log.warn(line));
  return new RejectedSweeper(
    {
      keep: (kept) => rejected.keep(kept),
      usage: (retention) => rejected.usage(retention),
      removeOld: async (retention) => {
        const removed = await rejected.removeOld(retention);
        await warnings.removeOld();
        return removed;
      },
    },
    rejectedRetention,
    {
      used: (usages) => {
        metrics.rejectedFill.set(Math.max(0, ...usages.map(({ share }) => share)));
        metrics.rejectedExpiring.set(usages.reduce((sum, { expiring }) => sum + expiring, 0));
        expected.report(usages);
      },
      removed: ({ workspace, why, rows }) => {
        metrics.rejectedRemoved.inc({ why }, rows);
        log.warn(`removed ${rows} rejected inputs of workspace "${workspace}", the oldest, for their ${why}`);
      },
      failed: (error) => log.warn(`rejected input could not be looked through: ${String(error)}`),
    },
  );
}

function openSpool({ dataDir }: Config, record: RecordSpooled, metrics: Metrics): RequestSpool {
  const spool: RequestSpool = new RequestSpool(join(dataDir, 'spool'), record, {
    onOutcome: (outcome, requests) => figures.count(outcome, requests),
  });
  const figures = new SpoolFigures(metrics, () => spool.state);
  spool.start();
  return spool;
}

/**
 * The intake and its HTTP edge. The collectors are a plugin of Nest's own Fastify instance, in a scope of their own:
 * a route of Nest would parse bodies by their type.
 */
@Module({
  providers: [
    { provide: Formats, useValue: FORMATS },
    { provide: WarningLog, inject: [DATABASE], useFactory: (pool: Pool) => new WarningLog(pool) },
    Verification,
    {
      provide: RecentItems,
      inject: [DATABASE],
      useFactory: (pool: Pool) =>
        new RecentItems(pool, (error) =>
          new Logger('intake').warn(`recent items were not kept: ${String(error)}`),
        ),
    },
    { provide: RejectedLog, inject: [DATABASE], useFactory: (pool: Pool) => new RejectedLog(pool) },
    {
      provide: Pipeline,
      inject: [
        EVENT_STORE,
        RejectedSweeper,
        WarningLog,
        Metrics,
        CONFIG,
        KeyQuotas,
        RecentItems,
        OPPORTUNITY_REPORTS,
      ],
      useFactory: (
        store: EventStore,
        rejected: RejectedSweeper,
        warnings: WarningLog,
        metrics: Metrics,
        config: Config,
        quotas: KeyQuotas,
        recent: RecentItems,
        opportunities: OpportunityReports,
      ) =>
        new Pipeline(store, rejected, {
          ...{ warnings, quotas, recent, opportunities, publicBackdateMs: config.publicBackdateMs },
          isPlaceholder: placeholders(config.placeholders),
          onRejected: (code) => metrics.rejected.inc({ code }),
          onWarning: (code) => metrics.warnings.inc({ code }),
        }),
    },
    {
      provide: RejectedSweeper,
      inject: [RejectedLog, WarningLog, CONFIG, Metrics],
      useFactory: sweeperOf,
    },
    {
      provide: KeyQuotas,
      inject: [CONFIG, Metrics],
      useFactory: ({ quotas }: Config, metrics: Metrics) => new KeyQuotas(quotas, observeQuotas(metrics)),
    },
  ],
  exports: [Pipeline, Formats, RejectedLog, WarningLog, KeyQuotas, RecentItems],
})
export class IntakeModule implements OnModuleInit, OnModuleDestroy {
  private spool: RequestSpool | undefined;

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(Pipeline) private readonly pipeline: Pipeline,
    @Inject(Formats) private readonly formats: Formats,
    @Inject(KeyStore) private readonly keys: KeyStore,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(KeyQuotas) private readonly quotas: KeyQuotas,
    @Inject(RejectedSweeper) private readonly sweeper: RejectedSweeper,
    @Inject(RecentItems) private readonly recent: RecentItems,
    @Inject(Verification) private readonly verification: Verification,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    if (!this.config.roles.has('collect')) return;
    this.sweeper.start();
    this.readiness.speakFor('collect', () => this.state());
    const fastify: FastifyInstance = this.host.httpAdapter.getInstance();
    const resolveWriteKey = this.quotas.counting((key: string) => this.keys.resolveWriteKey(key));
    const resolveCollector = this.quotas.counting((credential: Credential) => this.keys.resolve(credential));
    const openCollector = (credential: Credential) => this.keys.resolve(credential);
    const { publicUrl } = this.config;
    const { list: formats } = this.formats;
    const now = () => new Date();
    const record = recordSpooled(this.pipeline, openCollector, formats);
    this.spool = openSpool(this.config, record, this.metrics);
    void fastify.register(
      collectorRoutes({
        ...{ pipeline: this.pipeline, formats, resolveWriteKey, resolveCollector, publicUrl, now },
        verification: this.verification,
        later: { spool: this.spool, openCollector, verification: this.verification, now },
      }),
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.spool?.stop();
    await this.sweeper.stop();
    await this.recent.flush().catch(() => undefined);
  }

  /** Asks the log itself: nothing can be kept without it. */
  private async state(): Promise<RoleState> {
    await this.store.head();
    if (!this.pipeline.isFull) return { ready: true, state: 'accepting' };
    return { ready: false, state: 'full', reason: 'as many events wait for the log as may' };
  }
}
