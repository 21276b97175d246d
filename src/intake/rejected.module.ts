import { Module } from '@nestjs/common';
import { IntakeModule } from './intake.module.js';
import { RejectedController } from './rejected.controller.js';

/** The routes about what was rejected. */
@Module({ imports: [IntakeModule], controllers: [RejectedController] })
export class RejectedModule {}
