import { ApiProperty } from '@nestjs/swagger';
import { IsObject, Length, Matches } from 'class-validator';
import { Instant, MaybeText, NestedList, Text } from '../response-fields.js';

const PARAMETERS = { model: 'w_shaped', by: 'channel', from: '2026-01-01', to: '2026-04-01', asOf: '5124' };

export class NewReportInput {
  @ApiProperty({ type: String, minLength: 1, maxLength: 200, example: 'Board, first quarter' })
  @Length(1, 200, { message: 'must be text of 1 to 200 characters' })
  @Matches(/^\P{Cc}*\S\P{Cc}*$/u, { message: 'must not be blank or have control characters' })
  name!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    example: PARAMETERS,
    description: 'Parameters of GET /api/attribution but cursor and minPosition, with values as text',
  })
  @IsObject({ message: 'must be an object of parameters of GET /api/attribution' })
  parameters!: Record<string, unknown>;
}

export class SavedReportItem {
  @Text('Id') id!: string;
  @Text('Name, unique in the workspace') name!: string;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, description: 'As they were sent' })
  parameters!: Readonly<Record<string, string>>;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'As the report understood them when it was saved, with defaults; dates as instants',
  })
  resolved!: Readonly<Record<string, unknown>>;
  @MaybeText('The position that the report is as of for ever; null: it is current') asOf!: string | null;
  @Text('Address of the report') url!: string;
  @Instant('When it was saved') createdAt!: Date;
}

export class SavedReportsAnswer {
  @NestedList('The oldest first', () => SavedReportItem) items!: SavedReportItem[];
  @MaybeText('Always null: all are listed') next!: string | null;
}

export const SAVED_REPORT_EXAMPLE = {
  id: 'rep_0b1c2d3e4f5061728394a5b6c7d8e9f0',
  name: 'Board, first quarter',
  parameters: PARAMETERS,
  resolved: {
    ...{ model: 'w_shaped', by: ['channel'], metric: 'revenue', currency: 'USD' },
    ...{ from: '2026-01-01T00:00:00.000Z', to: '2026-04-01T00:00:00.000Z' },
  },
  asOf: '5124',
  url: '/api/attribution/reports/rep_0b1c2d3e4f5061728394a5b6c7d8e9f0',
  createdAt: '2026-04-02T08:00:00.000Z',
};
