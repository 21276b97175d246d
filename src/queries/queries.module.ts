import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import type pg from 'pg';
import { DATABASE } from '../database/database.js';
import { FindAccountJourneyHandler } from './account-journey.js';
import { FindAccountHandler } from './account.js';
import { AccountsController } from './accounts.controller.js';
import { CompareAttributionHandler } from './attribution-compare.js';
import { FindDriftHandler } from './attribution-drift-handler.js';
import { ExplainAttributionHandler } from './attribution-explain.js';
import { AttentionController } from './attention/attention.controller.js';
import { FindAttentionHandler } from './attention/attention.js';
import { AttributionController } from './attribution.controller.js';
import { FindAttributionHandler } from './attribution-handler.js';
import { HandOffsController } from './hand-offs.controller.js';
import { FindHandOffsHandler } from './hand-offs.js';
import { IdentityConflictsController } from './identity-conflicts.controller.js';
import { FindIdentityConflictsHandler } from './identity-conflicts.js';
import { JourneyModels } from './journey-models.js';
import { ExplainLeadHandler } from './lead-explain.js';
import { FindLeadJourneyHandler } from './lead-journey.js';
import { FindLeadScoreHandler } from './lead-score.js';
import { FindLeadStagesHandler } from './lead-stages.js';
import { FindCampaignsHandler } from './campaigns.js';
import { CatalogueController } from './catalogue.controller.js';
import { CreditComputer } from './computed-credits.js';
import { CreditsController } from './credits/credits.controller.js';
import { ExportCreditsHandler } from './credits/export-credits.js';
import { FindContentsHandler } from './contents.js';
import { FindInvestmentsHandler } from './investments.js';
import { FindLeadHandler } from './lead.js';
import { LeadsController } from './leads.controller.js';
import { FindLeadsHandler } from './leads.js';
import { FindModelApplicationHandler } from './model-application.js';
import { FindModelVersionsHandler } from './model-versions.js';
import { FindModelVersionHandler } from './model-version.js';
import { ModelController, ModelSchemaController } from './model.controller.js';
import { FindModelHandler } from './model.js';
import { ENGAGEMENT, type Engagement } from './engagement/engagement.js';
import { EngagementCounter } from './engagement/engagement-counter.js';
import { DEFAULT_KEPT } from './engagement/kept-histories.js';
import { metrics } from './metrics/all.js';
import { OpportunitiesController } from './opportunities.controller.js';
import { FindOpportunitiesHandler } from './opportunities.js';
import { FindOpportunityAttributionHandler } from './opportunity-attribution.js';
import { FindOpportunityHandler } from './opportunity.js';
import { FindMagicNumberHandler } from './planning/magic-number.js';
import { PlanningController } from './planning/planning.controller.js';
import { SegmentsController } from './segments.controller.js';
import { FindLeadSegmentsHandler } from './lead-segments.js';
import { FindSegmentMembersHandler, FindSegmentOverlapHandler, FindSegmentsHandler } from './segments.js';
import { LogDates } from './log-dates.js';
import { ReadModels } from './read-models.js';
import { ContentRevenueController } from './content-revenue/content-revenue.controller.js';
import { FindContentRevenueHandler } from './content-revenue/content-revenue.js';
import { NextContentController } from './sequences/next-content.controller.js';
import { FindNextContentHandler } from './sequences/next-content.js';
import { SEARCH_SEQUENCES, searchInThread } from './sequences/search-sequences.js';
import { SequencesController } from './sequences/sequences.controller.js';
import { FindSequencesHandler } from './sequences/sequences.js';
import { SOLVE_CHAIN, solveInThread } from './solve-chain.js';
import { SavedReportsController } from './saved-reports/saved-reports.controller.js';
import { SavedReports } from './saved-reports/saved-reports.js';
import { ReportSaver } from './saved-reports/save-report.js';
import { FindUnroutableLeadsHandler } from './unroutable-leads.js';

/** Where engagement is counted; by default in this thread. */
export const ENGAGEMENT_THREAD = Symbol('EngagementThread');

const engagementProvider = {
  provide: ENGAGEMENT,
  inject: [DATABASE, { token: ENGAGEMENT_THREAD, optional: true }],
  useFactory: (pool: pg.Pool, thread?: Engagement): Engagement =>
    thread ?? new EngagementCounter(pool, DEFAULT_KEPT),
};

/** The query API. Needs DATABASE, EVENT_STORE, FRESHNESS, PROJECTION_STATES and the AuthGuard to be there already. */
@Module({
  imports: [CqrsModule],
  controllers: [
    LeadsController,
    IdentityConflictsController,
    AccountsController,
    OpportunitiesController,
    AttributionController,
    CreditsController,
    SavedReportsController,
    ModelController,
    ModelSchemaController,
    CatalogueController,
    HandOffsController,
    SegmentsController,
    PlanningController,
    AttentionController,
    SequencesController,
    NextContentController,
    ContentRevenueController,
    ...metrics.map(({ controller }) => controller),
  ],
  providers: [
    ReadModels,
    LogDates,
    JourneyModels,
    FindLeadsHandler,
    FindLeadHandler,
    FindLeadJourneyHandler,
    FindLeadScoreHandler,
    FindLeadStagesHandler,
    ExplainLeadHandler,
    FindIdentityConflictsHandler,
    FindAccountHandler,
    FindAccountJourneyHandler,
    FindOpportunitiesHandler,
    FindOpportunityHandler,
    FindOpportunityAttributionHandler,
    { provide: SOLVE_CHAIN, useValue: solveInThread },
    { provide: SEARCH_SEQUENCES, useValue: searchInThread },
    engagementProvider,
    FindSequencesHandler,
    FindNextContentHandler,
    FindContentRevenueHandler,
    CreditComputer,
    FindAttributionHandler,
    ExportCreditsHandler,
    SavedReports,
    ReportSaver,
    CompareAttributionHandler,
    ExplainAttributionHandler,
    FindDriftHandler,
    FindModelHandler,
    FindContentsHandler,
    FindCampaignsHandler,
    FindInvestmentsHandler,
    FindModelVersionsHandler,
    FindModelApplicationHandler,
    FindModelVersionHandler,
    FindHandOffsHandler,
    FindUnroutableLeadsHandler,
    FindSegmentsHandler,
    FindSegmentMembersHandler,
    FindSegmentOverlapHandler,
    FindLeadSegmentsHandler,
    FindMagicNumberHandler,
    FindAttentionHandler,
    ...metrics.map(({ handler }) => handler),
  ],
  exports: [ReadModels, JourneyModels],
})
export class QueriesModule {}
