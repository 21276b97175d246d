import { Module } from '@nestjs/common';
import { IntakeModule } from '../intake/intake.module.js';
import { CollectorsController } from './collectors.controller.js';

/** The routes that configure collectors. */
@Module({ imports: [IntakeModule], controllers: [CollectorsController] })
export class CollectorsModule {}
