import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, Matches, ValidateBy, ValidateIf } from 'class-validator';
import { isDay } from '../params.js';

const AMOUNT = { message: 'must be a decimal string such as "3000000.00"' };

const IsDay = (): PropertyDecorator =>
  ValidateBy({
    name: 'isDay',
    validator: {
      validate: (value) => typeof value === 'string' && isDay(value),
      defaultMessage: () => 'must be a day such as 2026-06-30',
    },
  });

const MOST_WEIGHT = 1_000_000;

const isWeight = (value: unknown): boolean =>
  typeof value === 'number' && value >= 0 && value <= MOST_WEIGHT && Number.isInteger(value * 1_000);

const IsShares = (): PropertyDecorator =>
  ValidateBy({
    name: 'isShares',
    validator: {
      validate: (value: unknown) => {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
        const weights = Object.values(value);
        return weights.every(isWeight) && weights.some((weight) => weight !== 0);
      },
      defaultMessage: () =>
        `must be an object of weights by persona, from 0 to ${MOST_WEIGHT} with three decimals at most, not all 0`,
    },
  });

const Optional = (): PropertyDecorator => ValidateIf((_, value: unknown) => value !== undefined);

export class MagicNumberInput {
  @ApiProperty({
    type: String,
    example: '3000000.00',
    description: 'Revenue to book by the date, in the currency of the journey model',
  })
  @IsString(AMOUNT)
  @Matches(/^-?\d{1,30}(\.\d{1,30})?$/, AMOUNT)
  goal!: string;

  @ApiProperty({
    type: String,
    format: 'date',
    example: '2026-06-30',
    description: 'Last day on which a win counts, in the time zone of the workspace',
  })
  @IsDay()
  by!: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date',
    example: '2026-01-01',
    description: 'What was won from this day on counts towards the goal; default: only what will be won',
  })
  @Optional()
  @IsDay()
  from?: string;

  @ApiPropertyOptional({
    type: String,
    example: 'EUR',
    description: 'Must be that of the journey model, the default',
  })
  @Optional()
  @IsString({ message: 'must be a currency such as EUR' })
  currency?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date',
    example: '2025-07-01',
    description: 'First day of the history that rates are observed in; default: twelve months before',
  })
  @Optional()
  @IsDay()
  historyFrom?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date',
    example: '2026-07-01',
    description: 'Day after the last one of the history; default: up to the position',
  })
  @Optional()
  @IsDay()
  historyTo?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'number', minimum: 0 },
    example: { technical: 60, economic: 40 },
    description:
      'Weights by which the goal is shared out to personas; only their proportions count. Default: by their revenue in the history',
  })
  @Optional()
  @IsShares()
  shares?: Record<string, number>;
}
