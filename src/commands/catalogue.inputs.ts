import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsObject, ValidateBy, ValidateNested } from 'class-validator';
import { PUBLISHER_KINDS } from '../domain/catalogue-events.js';
import { isDay } from '../domain/investment.js';
import { CHANNELS } from '../domain/touchpoint.js';
import { IsAmount, IsText, Optional } from './checks.js';

/** Cells of a content: more than any matrix of personas and stages has. */
const MAX_CELLS = 200;

const IsDay = (): PropertyDecorator =>
  ValidateBy({
    name: 'isDay',
    validator: {
      validate: (value) => typeof value === 'string' && isDay(value),
      defaultMessage: () => 'must be a day such as 2026-03-01',
    },
  });

export class PublisherInput {
  @ApiProperty({ type: String, example: 'Analysts Ltd' })
  @IsText(200)
  name!: string;

  @ApiProperty({ type: String, enum: PUBLISHER_KINDS, example: 'analyst' })
  @IsIn(PUBLISHER_KINDS)
  kind!: string;
}

export class ContentCellInput {
  @ApiProperty({ type: String, example: 'technical', description: 'Id of a persona of the journey model' })
  @IsText(200)
  persona!: string;

  @ApiProperty({ type: String, example: 'explore', description: 'Id of a buying stage of that persona' })
  @IsText(200)
  stage!: string;
}

/** A content; what is left out is unknown from then on. */
export class ContentInput {
  @ApiProperty({ type: String, example: 'buying-guide', description: 'As touchpoints name it' })
  @IsText(256)
  contentId!: string;

  @ApiPropertyOptional({ type: String, example: 'The buying guide' })
  @Optional()
  @IsText(512)
  title?: string;

  @ApiPropertyOptional({ type: String, example: 'white_paper', description: 'A word of the workspace' })
  @Optional()
  @IsText(200)
  type?: string;

  @ApiPropertyOptional({ type: String, example: 'J. Meyer' })
  @Optional()
  @IsText(200)
  author?: string;

  @ApiPropertyOptional({ type: () => PublisherInput })
  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => PublisherInput)
  publisher?: PublisherInput;

  @ApiPropertyOptional({ type: String, example: 'https://www.acme.example/guides/buying' })
  @Optional()
  @IsText(2048)
  url?: string;

  @ApiPropertyOptional({
    type: () => ContentCellInput,
    isArray: true,
    description: 'Which personas it serves in which buying stages',
  })
  @Optional()
  @IsArray()
  @ArrayMaxSize(MAX_CELLS)
  @ValidateNested({ each: true })
  @Type(() => ContentCellInput)
  serves?: ContentCellInput[];
}

/** A campaign; what is left out is unknown from then on. */
export class CampaignInput {
  @ApiProperty({ type: String, example: 'spring', description: 'As touchpoints name it (utm_campaign)' })
  @IsText(256)
  campaignId!: string;

  @ApiPropertyOptional({ type: String, example: 'Spring launch' })
  @Optional()
  @IsText(200)
  name?: string;

  @ApiPropertyOptional({
    type: String,
    example: 'newsletter',
    description: 'Investments in the campaign count as investments in this source',
  })
  @Optional()
  @IsText(256)
  source?: string;

  @ApiPropertyOptional({
    type: String,
    enum: CHANNELS,
    example: 'email',
    description: 'Investments in the campaign count as investments in this channel',
  })
  @Optional()
  @IsText(50)
  channel?: string;
}

/** An investment; it replaces the one of the same id. Exactly one of source, campaign, channel and content is required. */
export class InvestmentInput {
  @ApiProperty({ type: String, example: 'fair-2026', description: 'Of your own; a correction has the same' })
  @IsText(200)
  investmentId!: string;

  @ApiProperty({
    type: String,
    example: '31000.00',
    description: 'Decimal string in units of the currency; negative: a credit note',
  })
  @IsAmount()
  amount!: string;

  @ApiProperty({ type: String, example: 'USD', description: 'ISO 4217' })
  @IsText(3)
  currency!: string;

  @ApiProperty({
    type: String,
    format: 'date',
    example: '2026-01-01',
    description: "First day, in the workspace's time zone",
  })
  @IsDay()
  from!: string;

  @ApiProperty({ type: String, format: 'date', example: '2026-02-01', description: 'Day after the last one' })
  @IsDay()
  to!: string;

  @ApiPropertyOptional({ type: String, example: 'webinar', description: 'Lead source' })
  @Optional()
  @IsText(256)
  source?: string;

  @ApiPropertyOptional({ type: String, example: 'spring' })
  @Optional()
  @IsText(256)
  campaign?: string;

  @ApiPropertyOptional({ type: String, enum: CHANNELS, example: 'event' })
  @Optional()
  @IsText(50)
  channel?: string;

  @ApiPropertyOptional({ type: String, example: 'buying-guide' })
  @Optional()
  @IsText(256)
  content?: string;

  @ApiPropertyOptional({ type: String, example: 'Booth and travel' })
  @Optional()
  @IsText(1000)
  note?: string;
}
