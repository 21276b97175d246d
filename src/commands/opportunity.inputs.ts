import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, ValidateNested } from 'class-validator';
import { IsAmount, IsInstant, IsText, Optional } from './checks.js';
import { ContactInput, MAX_CONTACTS } from './contact.inputs.js';

export const amount = {
  type: String,
  example: '120000.00',
  description: 'Decimal string in units of the currency',
};

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
  @IsAmount()
  amount?: string;

  @ApiPropertyOptional({
    type: String,
    example: 'discovery',
    description: "The seller's stage, as named in the CRM",
  })
  @Optional()
  @IsText(200)
  stage?: string;

  @ApiPropertyOptional({ type: String, example: 'rep-7' })
  @Optional()
  @IsText(200)
  owner?: string;

  @ApiPropertyOptional({ type: String, example: 'webinar', description: 'Lead source in the CRM' })
  @Optional()
  @IsText(200)
  source?: string;

  @ApiPropertyOptional({
    type: () => ContactInput,
    isArray: true,
    description: 'Roles to assign or remove; other contacts keep their roles',
  })
  @Optional()
  @IsArray()
  @ArrayMaxSize(MAX_CONTACTS)
  @ValidateNested({ each: true })
  @Type(() => ContactInput)
  contacts?: ContactInput[];
}

export class OpenOpportunityInput extends OpportunityFacts {
  @ApiProperty({ type: String, example: 'opp-1', description: 'Id of the opportunity in the CRM' })
  @IsText(200)
  opportunityId!: string;

  @ApiProperty({ type: String, example: 'USD', description: 'ISO 4217; cannot change' })
  @IsText(3)
  currency!: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Default: now' })
  @Optional()
  @IsInstant()
  openedAt?: string;
}

export class UpdateOpportunityInput extends OpportunityFacts {
  @ApiPropertyOptional({ type: String, example: 'USD', description: 'Must be the currency it was opened in' })
  @Optional()
  @IsText(3)
  currency?: string;

  @ApiPropertyOptional({
    type: String,
    enum: ['won', 'lost', 'open'],
    description: 'open reopens a closed opportunity',
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
    description: 'When it changed; default: now',
  })
  @Optional()
  @IsInstant()
  occurredAt?: string;
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
