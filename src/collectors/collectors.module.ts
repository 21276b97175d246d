import { Module } from '@nestjs/common';
import { IntakeModule } from '../intake/intake.module.js';
import { CollectorSetup } from './collector-setup.js';
import { CollectorsController } from './collectors.controller.js';

/** The routes that configure collectors. */
@Module({ imports: [IntakeModule], controllers: [CollectorsController], providers: [CollectorSetup] })
export class CollectorsModule {}
