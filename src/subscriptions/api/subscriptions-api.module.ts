import { type DynamicModule, Module } from '@nestjs/common';
import { LogController, SubscriptionsController } from './subscriptions.controller.js';

/** The routes about projections and the log. */
@Module({})
export class SubscriptionsApiModule {
  /** @param projections the SubscriptionsModule of the process */
  static with(projections: DynamicModule): DynamicModule {
    return {
      module: SubscriptionsApiModule,
      imports: [projections],
      controllers: [SubscriptionsController, LogController],
    };
  }
}
