import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, ValidateNested } from 'class-validator';
import { IsAmount, IsInstant, IsText, Nullable, Optional } from './checks.js';
import { CommitteeMemberInput, MAX_CONTACTS } from './contact.inputs.js';
import { amount } from './opportunity.inputs.js';

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
  @IsAmount()
  amount?: string | null;

  @ApiPropertyOptional({
    type: String,
    example: 'USD',
    description: 'ISO 4217; required for an unknown opportunity, cannot change',
  })
  @Optional()
  @IsText(3)
  currency?: string;

  @ApiPropertyOptional({
    ...nullable,
    example: 'discovery',
    description: "The seller's stage, as named in the CRM",
  })
  @Nullable()
  @IsText(200)
  stage?: string | null;

  @ApiPropertyOptional({ ...nullable, example: 'rep-7' })
  @Nullable()
  @IsText(200)
  owner?: string | null;

  @ApiPropertyOptional({ ...nullable, example: 'webinar', description: 'Lead source in the CRM' })
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
    description: 'deleted: deleted in the CRM; a later report restores it',
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
    description: 'The whole committee: other contacts are removed',
  })
  @Optional()
  @IsArray()
  @ArrayMaxSize(MAX_CONTACTS)
  @ValidateNested({ each: true })
  @Type(() => CommitteeMemberInput)
  contacts?: CommitteeMemberInput[];

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description:
      "Time of the report, such as the CRM's time of last modification: reports apply in this order, whatever order they arrive in. Default: now",
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
