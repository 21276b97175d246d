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
import { IsInstant, IsText, Optional } from './checks.js';

const MOST_CONTACTS = 200;
const KEYS = ['email', 'userId', 'crmId', 'leadId'] as const;

const names = (contact: ContactInput): number => KEYS.filter((key) => contact[key] !== undefined).length;
const AMOUNT = { message: 'must be a decimal string such as "120000.00"' };
const amount = { type: String, example: '120000.00', description: 'Decimal string in units of the currency' };

/** Somebody on the buying committee, named by one key or several. */
export class ContactInput {
  @ApiPropertyOptional({
    type: String,
    example: 'ada@acme.example',
    description: 'One of the four is needed',
  })
  @ValidateIf((contact: ContactInput) => contact.email !== undefined || names(contact) === 0)
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

/** What opening and changing a deal have in common. */
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

export class OpportunityPath {
  @IsText(200)
  id!: string;
}

export class OpportunityReceipt {
  @ApiProperty({ type: String, example: 'opp-1' })
  opportunityId!: string;

  @ApiProperty({ type: String, enum: ['open', 'won', 'lost'], example: 'open' })
  status!: 'open' | 'won' | 'lost';

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
