import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsEmail, IsUUID, ValidateIf } from 'class-validator';
import { IsText, Optional } from './checks.js';

export const MAX_CONTACTS = 200;
const KEYS = ['email', 'userId', 'crmId', 'leadId'] as const;

const names = (contact: ContactKeysInput): number => KEYS.filter((key) => contact[key] !== undefined).length;

/** Somebody on the buying committee, named by one key or several. */
export class ContactKeysInput {
  @ApiPropertyOptional({
    type: String,
    example: 'ada@acme.example',
    description: 'One of the four keys is required',
  })
  @ValidateIf((contact: ContactKeysInput) => contact.email !== undefined || names(contact) === 0)
  @IsEmail({}, { message: 'must be an e-mail address, unless the contact has a userId, crmId or leadId' })
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

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Id of a lead in Touchline' })
  @Optional()
  @IsUUID('all', { message: 'must be the id of a lead' })
  leadId?: string;
}

export class ContactInput extends ContactKeysInput {
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'decision_maker',
    description: 'A role of your choice; null removes the person from the committee',
  })
  @ValidateIf((contact: ContactInput) => contact.role !== null)
  @IsText(100)
  role!: string | null;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'Whether the CRM calls it the primary contact of the opportunity; absent: it does not',
  })
  @Optional()
  @IsBoolean({ message: 'must be true or false' })
  isPrimary?: boolean;
}

/** Somebody on a committee that is given as a whole. */
export class CommitteeMemberInput extends ContactKeysInput {
  @ApiProperty({ type: String, example: 'decision_maker', description: 'A role of your choice' })
  @IsText(100)
  role!: string;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'Whether the CRM calls it the primary contact of the opportunity; absent: it does not',
  })
  @Optional()
  @IsBoolean({ message: 'must be true or false' })
  isPrimary?: boolean;
}
