import { type DynamicModule, Module } from '@nestjs/common';
import { LogController, ProjectionsController } from './projections.controller.js';

/** The routes about projections and the log. */
@Module({})
export class ProjectionsApiModule {
  /** @param projections the ProjectionsModule of the process */
  static with(projections: DynamicModule): DynamicModule {
    return {
      module: ProjectionsApiModule,
      imports: [projections],
      controllers: [ProjectionsController, LogController],
    };
  }
}
