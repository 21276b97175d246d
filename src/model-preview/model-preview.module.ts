import { type DynamicModule, Module } from '@nestjs/common';
import type pg from 'pg';
import { DATABASE } from '../database/database.js';
import { QueriesModule } from '../queries/queries.module.js';
import { ModelPreviewController, RUN_PREVIEW } from './preview.controller.js';
import { previewModel, type RunPreview } from './preview-model.js';

/** Previews of a journey model before it is published. */
@Module({})
export class ModelPreviewModule {
  /** @param run where previews are made; by default in this thread */
  static with(run?: RunPreview): DynamicModule {
    const inThisThread = (pool: pg.Pool): RunPreview =>
      run ?? ((request, signal) => previewModel(pool, request, signal));
    return {
      module: ModelPreviewModule,
      imports: [QueriesModule],
      controllers: [ModelPreviewController],
      providers: [{ provide: RUN_PREVIEW, inject: [DATABASE], useFactory: inThisThread }],
    };
  }
}
