import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { money } from '../domain/attribution/money.js';

/** An amount of money in an answer: readable and exact. */
@ApiSchema({ name: 'Money' })
export class MoneyItem {
  @ApiProperty({
    type: String,
    description: 'Decimal text with all digits of the currency',
    example: '1234.56',
  })
  amount!: string;

  @ApiProperty({ type: 'integer', description: 'The same in minor units', example: 123456 })
  minor!: number;

  @ApiProperty({ type: String, description: 'ISO 4217', example: 'USD' })
  currency!: string;
}

/** @param minor text of a `bigint` column or sum */
export function moneyOf(minor: string, currency: string): MoneyItem {
  const value = Number(minor);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`${minor} minor units are more than can be said exactly`);
  return money(value, currency);
}
