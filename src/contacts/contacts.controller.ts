import { Body, Controller, Headers, HttpCode, Inject, Post, Query, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import type pg from 'pg';
import { IsText, Optional } from '../commands/checks.js';
import { DATABASE } from '../database/database.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { KeyStore } from '../http/keys.js';
import { contact } from '../intake/formats/contact.js';
import { Pipeline } from '../intake/pipeline.js';
import { ContactListAnswer, EXAMPLE } from './contact-list.answer.js';
import { importContacts } from './import-contacts.js';

class ContactListQuery {
  @Optional() @IsIn(['true', 'false']) dryRun?: string;
  @Optional() @IsText(200) name?: string;
  @Optional() @IsString() @MaxLength(10_000) mapping?: string;
}

@ApiTags('Leads')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('api/contacts')
export class ContactsController {
  constructor(
    @Inject(DATABASE) private readonly pool: pg.Pool,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(Pipeline) private readonly pipeline: Pipeline,
    @Inject(KeyStore) private readonly keys: KeyStore,
  ) {}

  @Post()
  @HttpCode(200)
  @RouteConfig({ rowsBody: true })
  @ApiOperation({
    summary: 'Import a list of people',
    description: `As \`npx touchline import --type contacts\`: CSV with a header, or JSON, one contact or a list of them; up to ${contact.requestItems} people and 1 MB. Each row is accepted or rejected by itself, and checked: duplicates, role and dead addresses, who opted out, whom the journey model filters. The same list sent again changes nothing. Rejected rows are kept (\`GET /api/rejected\`).`,
  })
  @ApiQuery({
    name: 'dryRun',
    required: false,
    description: 'Check the list and record nothing',
    schema: { type: 'boolean', default: false },
  })
  @ApiQuery({
    name: 'name',
    required: false,
    description: 'Of the file, as rejected rows name it',
    schema: { type: 'string', default: 'contacts' },
  })
  @ApiQuery({
    name: 'mapping',
    required: false,
    description: 'Mapping of the columns of CSV as JSON (docs/how-to/import.md); usual headers need none',
    schema: { type: 'string', example: '{"columns":{"Firma":"accountName"}}' },
  })
  @ApiConsumes('text/csv', 'application/json')
  @ApiBody({
    required: true,
    schema: {
      oneOf: [
        { type: 'string', example: 'email,title\nada@acme.example,CTO\n' },
        { type: 'object', additionalProperties: true },
        { type: 'array', items: { type: 'object', additionalProperties: true } },
      ],
    },
    description:
      'Fields of a contact: email, userId, crmId (one is required), messageId, occurredAt, accountId, accountName, accountDomain, traits, list, consent, consentAt, optedOut',
  })
  @ApiOkResponse({ type: ContactListAnswer, example: EXAMPLE })
  @ApiResponse({
    status: 400,
    description: '`invalid`: a parameter; `unreadable-body`: the body is no JSON of contacts, or not UTF-8',
  })
  @ApiResponse({ status: 413, description: '`too-large`: over a limit; import the list by the command line' })
  @ApiResponse({
    status: 422,
    description: '`header-invalid`, `mapping-invalid`: the columns, with all faults',
  })
  import(
    @RequestWorkspace() workspace: string,
    @Body() body: unknown,
    @Query() { dryRun, name = 'contacts', mapping }: ContactListQuery,
    @Headers('content-type') type = '',
  ): Promise<ContactListAnswer> {
    const { pool, store, pipeline, keys } = this;
    const configOf = (of: string, collector: string) => keys.configOf(of, collector);
    return importContacts(
      { pool, store, pipeline, configOf },
      {
        ...{ workspace, name, mapping, isDryRun: dryRun === 'true', now: new Date() },
        ...{ text: typeof body === 'string' ? body : '', isCsv: /^text\/csv\b/i.test(type) },
      },
    );
  }
}
