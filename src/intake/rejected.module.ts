import { Module } from '@nestjs/common';
import { IntakeModule } from './intake.module.js';
import { RejectedController } from './rejected.controller.js';
import { WarningsController } from './warnings.controller.js';

/** The routes about what was rejected, or accepted in part. */
@Module({ imports: [IntakeModule], controllers: [RejectedController, WarningsController] })
export class RejectedModule {}
