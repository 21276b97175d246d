import { ApiProperty } from '@nestjs/swagger';
import { FINDINGS } from '../domain/list-check.js';

const text = (description: string) => ApiProperty({ type: String, description });
const count = (description: string) => ApiProperty({ type: 'integer', description });

export class ContactFinding {
  @ApiProperty({
    type: String,
    enum: FINDINGS.filter((code) => code !== 'rejected'),
    description: 'docs/how-to/import-lists.md explains each',
  })
  code!: string;

  @text('In plain words') text!: string;
}

export class ContactReason {
  @text('Stable') code!: string;
  @text('What is wrong') message!: string;
  @ApiProperty({ type: String, required: false, description: 'The column or field' }) path?: string;
}

export class ContactRow {
  @count('First line of the row in the file; of JSON: its place in the list, from 1') line!: number;
  @ApiProperty({ type: String, enum: ['accepted', 'duplicate', 'rejected'] }) status!: string;
  @ApiProperty({ type: String, nullable: true, description: 'As it is recorded' }) email!: string | null;
  @ApiProperty({ type: [String], description: 'Leads that it belongs to; none: the person is new' })
  leadIds!: string[];
  @ApiProperty({ type: () => [ContactFinding] }) findings!: ContactFinding[];
  @ApiProperty({ type: () => [ContactReason], description: 'What was ignored or replaced' })
  warnings!: ContactReason[];
  @ApiProperty({ type: () => ContactReason, nullable: true, description: 'Why it was rejected' })
  reason!: ContactReason | null;
}

export class ContactListAnswer {
  @ApiProperty({
    type: String,
    pattern: '^\\d+$',
    description: 'People are known as of this log position, that of the first import of the same list',
  })
  asOf!: string;

  @ApiProperty({ type: Boolean, description: 'Nothing was recorded' }) dryRun!: boolean;
  @count('Rows of the list') rows!: number;
  @count('People of it who were not known') newPeople!: number;
  @count('Leads of it who were') knownLeads!: number;
  @count('Rows that were recorded; of a dry run: that are valid') accepted!: number;
  @count('Rows that were recorded before') duplicate!: number;
  @count('Rows that are kept as rejected input, except of a dry run') rejected!: number;
  @ApiProperty({ type: () => [ContactRow], description: 'One a row, in order' }) items!: ContactRow[];
}

export const EXAMPLE: ContactListAnswer = {
  ...{ asOf: '5124', dryRun: false, rows: 2, newPeople: 1, knownLeads: 0 },
  ...{ accepted: 1, duplicate: 0, rejected: 1 },
  items: [
    {
      ...{ line: 2, status: 'accepted', email: 'info@acme.example', leadIds: [], warnings: [], reason: null },
      findings: [{ code: 'role-address', text: 'is the address of a role' }],
    },
    {
      ...{ line: 3, status: 'rejected', email: null, leadIds: [], findings: [], warnings: [] },
      reason: {
        code: 'identity-missing',
        message: 'one of email, userId, crmId is required',
        path: 'email',
      },
    },
  ],
};
