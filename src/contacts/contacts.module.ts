import { Module } from '@nestjs/common';
import { IntakeModule } from '../intake/intake.module.js';
import { ContactsController } from './contacts.controller.js';

/** Lists of people over HTTP. */
@Module({ imports: [IntakeModule], controllers: [ContactsController] })
export class ContactsModule {}
