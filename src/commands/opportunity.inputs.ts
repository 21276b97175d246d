import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsEmail,
  IsIn,
  IsString,
  IsUUID,
  Matches,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IsInstant, IsText, Nullable, Optional } from './checks.js';

const MOST_CONTACTS = 200;
const KEYS = ['email', 'userId', 'crmId', 'leadId'] as const;

const names = (contact: ContactKeysInput): number => KEYS.filter((key) => contact[key] !== undefined).length;
const AMOUNT = { message: 'must be a decimal string such as "120000.00"' };
const amount = { type: String, example: '120000.00', description: 'Decimal string in units of the currency' };

/** Somebody on the buying committee, named by one key or several. */
export class ContactKeysInput {
  @ApiPropertyOptional({
    type: String,
    example: 'ada@acme.example',
    description: 'One of the four is needed',
  })
  @ValidateIf((contact: ContactKeysInput) => contact.email !== undefined || names(contact) === 0)
  @IsEmail({}, { message: 'must be an e-mail address, or name the contact by userId, crmId or leadId' })
  email?: string;

  @ApiPropertyOptional({ type: String, example: 'u-1' })
  @Optional()
  @IsText(200)
  userId?: string;

  @ApiPropertyOptional({
    type: String,
    example: '003Hr00001abcde',
    description: "The contact's id in the CRM",
  })
  @Optional()
  @IsText(200)
  crmId?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'A lead that Touchline knows' })
  @Optional()
  @IsUUID('all', { message: 'must be the id of a lead' })
  leadId?: string;
}

export class ContactInput extends ContactKeysInput {
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'decision_maker',
    description: 'A word of yours; null takes the person off the committee',
  })
  @ValidateIf((contact: ContactInput) => contact.role !== null)
  @IsText(100)
  role!: string | null;
}

/** Somebody on a committee that is given as a whole. */
class CommitteeMemberInput extends ContactKeysInput {
  @ApiProperty({ type: String, example: 'decision_maker', description: 'A word of yours' })
  @IsText(100)
  role!: string;
}

/** What opening and changing an opportunity have in common. */
class OpportunityFacts {
  @ApiPropertyOptional({ type: String, example: 'Acme 2026' })
  @Optional()
  @IsText(500)
  name?: string;

  @ApiPropertyOptional({
    type: String,
    example: 'acme',
    description: 'The company; its contacts belong to it',
  })
  @Optional()
  @IsText(200)
  accountId?: string;

  @ApiPropertyOptional(amount)
  @Optional()
  @IsString(AMOUNT)
  @Matches(/^-?\d{1,30}(\.\d{1,30})?$/, AMOUNT)
  amount?: string;

  @ApiPropertyOptional({
    type: String,
    example: 'discovery',
    description: "The seller's stage, a word of the CRM",
  })
  @Optional()
  @IsText(200)
  stage?: string;

  @ApiPropertyOptional({ type: String, example: 'rep-7' })
  @Optional()
  @IsText(200)
  owner?: string;

  @ApiPropertyOptional({ type: String, example: 'webinar', description: 'Lead source the CRM names' })
  @Optional()
  @IsText(200)
  source?: string;

  @ApiPropertyOptional({
    type: () => ContactInput,
    isArray: true,
    description: 'Roles to give and to take; who is not named keeps the role',
  })
  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST_CONTACTS)
  @ValidateNested({ each: true })
  @Type(() => ContactInput)
  contacts?: ContactInput[];
}

export class OpenOpportunityInput extends OpportunityFacts {
  @ApiProperty({ type: String, example: 'opp-1', description: 'Id of the deal in the CRM' })
  @IsText(200)
  opportunityId!: string;

  @ApiProperty({ type: String, example: 'USD', description: 'ISO 4217; stays as it is' })
  @IsText(3)
  currency!: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Default: now' })
  @Optional()
  @IsInstant()
  openedAt?: string;
}

export class UpdateOpportunityInput extends OpportunityFacts {
  @ApiPropertyOptional({ type: String, example: 'USD', description: 'Only the one it was opened in' })
  @Optional()
  @IsText(3)
  currency?: string;

  @ApiPropertyOptional({
    type: String,
    enum: ['won', 'lost', 'open'],
    description: 'open reopens a closed deal',
  })
  @Optional()
  @IsIn(['won', 'lost', 'open'])
  status?: 'won' | 'lost' | 'open';

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Close date of a win or loss; default: now',
  })
  @Optional()
  @IsInstant()
  closedAt?: string;

  @ApiPropertyOptional({ type: String, example: 'price', description: 'Why it was won, lost or reopened' })
  @Optional()
  @IsText(1000)
  reason?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'When it changed, for a CRM that tells later; default: now',
  })
  @Optional()
  @IsInstant()
  occurredAt?: string;
}

const nullable = { type: String, nullable: true } as const;

/** An opportunity as the CRM has it: a field that is left out stays as it is, null clears it. */
export class UpsertOpportunityInput {
  @ApiPropertyOptional({ ...nullable, example: 'Acme 2026' })
  @Nullable()
  @IsText(500)
  name?: string | null;

  @ApiPropertyOptional({
    ...nullable,
    example: 'acme',
    description: 'The company; its contacts belong to it',
  })
  @Nullable()
  @IsText(200)
  accountId?: string | null;

  @ApiPropertyOptional({ ...amount, nullable: true, description: `${amount.description}; null is 0` })
  @Nullable()
  @IsString(AMOUNT)
  @Matches(/^-?\d{1,30}(\.\d{1,30})?$/, AMOUNT)
  amount?: string | null;

  @ApiPropertyOptional({
    type: String,
    example: 'USD',
    description: 'ISO 4217; needed at first, and stays as it is',
  })
  @Optional()
  @IsText(3)
  currency?: string;

  @ApiPropertyOptional({
    ...nullable,
    example: 'discovery',
    description: "The seller's stage, a word of the CRM",
  })
  @Nullable()
  @IsText(200)
  stage?: string | null;

  @ApiPropertyOptional({ ...nullable, example: 'rep-7' })
  @Nullable()
  @IsText(200)
  owner?: string | null;

  @ApiPropertyOptional({ ...nullable, example: 'webinar', description: 'Lead source the CRM names' })
  @Nullable()
  @IsText(200)
  source?: string | null;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'When it was opened; by default when it is first reported',
  })
  @Optional()
  @IsInstant()
  openedAt?: string;

  @ApiPropertyOptional({
    type: String,
    enum: ['open', 'won', 'lost', 'deleted'],
    description: 'deleted: the CRM has it no more; a later report brings it back',
  })
  @Optional()
  @IsIn(['open', 'won', 'lost', 'deleted'])
  status?: 'open' | 'won' | 'lost' | 'deleted';

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Close date of a win or loss; by default when it was first reported',
  })
  @Optional()
  @IsInstant()
  closedAt?: string;

  @ApiPropertyOptional({ ...nullable, example: 'price', description: 'Why it was won, lost or reopened' })
  @Nullable()
  @IsText(1000)
  reason?: string | null;

  @ApiPropertyOptional({
    type: () => CommitteeMemberInput,
    isArray: true,
    description: 'The whole committee: who is not named leaves it',
  })
  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST_CONTACTS)
  @ValidateNested({ each: true })
  @Type(() => CommitteeMemberInput)
  contacts?: CommitteeMemberInput[];

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description:
      "When it was so, such as the CRM's time of last modification: reports count in this order, whatever order they arrive in. Default: now",
  })
  @Optional()
  @IsInstant()
  occurredAt?: string;
}

/** One of a batch. */
export class UpsertOpportunityItem extends UpsertOpportunityInput {
  @ApiProperty({ type: String, example: 'opp-1', description: 'Id of the opportunity in the CRM' })
  @IsText(200)
  opportunityId!: string;
}

export class DeleteOpportunityQuery {
  @Optional()
  @IsInstant()
  occurredAt?: string;
}

export class OpportunityPath {
  @IsText(200)
  id!: string;
}

export class OpportunityReceipt {
  @ApiProperty({ type: String, example: 'opp-1' })
  opportunityId!: string;

  @ApiProperty({ type: String, enum: ['open', 'won', 'lost', 'deleted'], example: 'open' })
  status!: 'open' | 'won' | 'lost' | 'deleted';

  @ApiProperty({
    type: String,
    example: '5124',
    description: 'Of its last event: ask with `?minPosition=` to read what was written',
  })
  position!: string;

  @ApiProperty({ type: Boolean, description: 'false: it said nothing new, and nothing was recorded' })
  changed!: boolean;

  @ApiProperty({ type: String, format: 'uuid', isArray: true, description: 'The events recorded now' })
  eventIds!: string[];
}

/** Why an item of a batch was not taken. */
class ItemReason {
  @ApiProperty({ type: String, description: 'The code of the problem that it would be alone' })
  code!: string;

  @ApiProperty({ type: String })
  message!: string;

  @ApiPropertyOptional({ type: String, description: 'The field at fault' })
  path?: string;
}

export class UpsertReceipt {
  @ApiProperty({ type: String, nullable: true, example: 'opp-1' })
  opportunityId!: string | null;

  @ApiProperty({ type: String, enum: ['created', 'updated', 'unchanged', 'rejected'] })
  status!: 'created' | 'updated' | 'unchanged' | 'rejected';

  @ApiPropertyOptional({ type: String, example: '5124', description: 'As in the receipt of one' })
  position?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    isArray: true,
    description: 'The events recorded now',
  })
  eventIds?: string[];

  @ApiPropertyOptional({ type: () => ItemReason, description: 'Only of one that is rejected' })
  reason?: ItemReason;
}

export class UpsertReceipts {
  @ApiProperty({ type: () => UpsertReceipt, isArray: true, description: 'One an item, in their order' })
  receipts!: UpsertReceipt[];
}
