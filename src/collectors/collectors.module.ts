import { Module } from '@nestjs/common';
import { IntakeModule } from '../intake/intake.module.js';
import { CollectorSetup } from './collector-setup.js';
import { CollectorsController } from './collectors.controller.js';
import { LinksController } from './links.controller.js';

/** The routes that configure collectors and make links. */
@Module({
  imports: [IntakeModule],
  controllers: [CollectorsController, LinksController],
  providers: [CollectorSetup],
})
export class CollectorsModule {}
