import {
  applyDecorators,
  Body,
  Controller,
  Headers,
  Inject,
  Post,
  Res,
  type Type,
  UseGuards,
} from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { Problem } from '../http/problem.js';
import { checkItem } from '../http/validation.js';
import { examples } from './catalogue.examples.js';
import { CampaignInput, ContentInput, InvestmentInput } from './catalogue.inputs.js';
import { CatalogueReceipt, CatalogueReceipts } from './catalogue.receipts.js';
import { checkedIdempotencyKey, IDEMPOTENCY } from './idempotency-key.js';
import { refusals } from './opportunity.examples.js';
import { describeFaults, MAX_ITEMS, receiptOf, recordBatch } from './record-batch.js';
import { CAMPAIGNS, type CatalogueKind, CONTENTS, INVESTMENTS, recordItem } from './record-catalogue.js';

/** Describes one of the commands. */
function CommandDocs(
  { plural }: Pick<CatalogueKind<never>, 'plural'>,
  input: Type<object>,
  description: string,
  { bodies, created }: { bodies: object; created: object },
): MethodDecorator {
  const schema = { $ref: getSchemaPath(input) };
  const receipt = { $ref: getSchemaPath(CatalogueReceipt) };
  const receipts = { $ref: getSchemaPath(CatalogueReceipts) };
  return applyDecorators(
    ApiOperation({
      summary: `Record ${plural}`,
      description: `${description} One, or an array of at most ${MAX_ITEMS}, each accepted or rejected by itself.`,
    }),
    ApiExtraModels(input, CatalogueReceipt, CatalogueReceipts),
    ApiHeader({ ...IDEMPOTENCY, description: `${IDEMPOTENCY.description}. Of a single item` }),
    ApiBody({ schema: { oneOf: [schema, { type: 'array', items: schema }] }, examples: bodies as never }),
    ApiResponse({
      status: 201,
      description: 'Recorded for the first time',
      content: { 'application/json': { schema: receipt, example: created } },
    }),
    ApiResponse({
      status: 200,
      description: 'Replaced, or unchanged; of an array, its receipts',
      content: {
        'application/json': { schema: { oneOf: [receipt, receipts] }, example: { receipts: [created] } },
      },
    }),
    ApiResponse(refusals.invalid),
    ApiResponse({
      ...refusals.unprocessable,
      description: [
        'A field has an impossible value: `currency-unknown`, `amount-malformed`, `amount-decimals`, `amount-too-large`,',
        '`period-empty`, `period-reversed`, `period-too-long`, `target-missing`, `target-ambiguous`, `channel-unknown`,',
        '`label-blank`',
      ].join(' '),
    }),
    ApiResponse({ ...refusals.tooMany, description: `\`too-large\`: more than ${MAX_ITEMS} items, or 1 MB` }),
  );
}

/** What the workspace says of its contents and campaigns, and what it spent on them. */
@ApiTags('Investments')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('api')
export class CatalogueCommandsController {
  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  @Post('contents')
  @CommandDocs(
    CONTENTS,
    ContentInput,
    'Describes a content; what was known of the id is replaced as a whole.',
    examples.contents,
  )
  contents(
    @RequestWorkspace() workspace: string,
    @Body() body: unknown,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CatalogueReceipt | CatalogueReceipts> {
    return this.record(workspace, CONTENTS, body, key, reply);
  }

  @Post('campaigns')
  @CommandDocs(
    CAMPAIGNS,
    CampaignInput,
    'Describes a campaign; what was known of the id is replaced as a whole.',
    examples.campaigns,
  )
  campaigns(
    @RequestWorkspace() workspace: string,
    @Body() body: unknown,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CatalogueReceipt | CatalogueReceipts> {
    return this.record(workspace, CAMPAIGNS, body, key, reply);
  }

  @Post('investments')
  @CommandDocs(
    INVESTMENTS,
    InvestmentInput,
    'Records what was spent; an investment of the same id is corrected: replaced as a whole.',
    examples.investments,
  )
  investments(
    @RequestWorkspace() workspace: string,
    @Body() body: unknown,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CatalogueReceipt | CatalogueReceipts> {
    return this.record(workspace, INVESTMENTS, body, key, reply);
  }

  private async record<Input extends object>(
    workspace: string,
    kind: CatalogueKind<Input>,
    body: unknown,
    key: string | undefined,
    reply: FastifyReply,
  ): Promise<CatalogueReceipt | CatalogueReceipts> {
    const now = new Date();
    if (Array.isArray(body)) {
      void reply.status(200);
      return { receipts: await recordBatch(this.store, workspace, kind, body, now) };
    }
    const idempotencyKey = checkedIdempotencyKey(key);
    const checked = await checkItem(kind.input, body);
    if ('faults' in checked)
      throw new Problem(400, 'invalid', describeFaults(checked.faults), checked.faults);
    const recorded = await recordItem(this.store, workspace, kind, checked.item, { now, idempotencyKey });
    void reply.status(recorded.status === 'created' ? 201 : 200);
    return receiptOf(recorded);
  }
}
