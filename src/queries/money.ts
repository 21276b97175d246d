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

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'The same in minor units; null beyond 2^53, where JSON numbers are not exact: use `amount`',
    example: 123456,
  })
  minor!: number | null;

  @ApiProperty({ type: String, description: 'ISO 4217', example: 'USD' })
  currency!: string;
}

/** @param minor text of a `bigint` column or sum */
export const moneyOf = (minor: string, currency: string): MoneyItem => money(BigInt(minor), currency);

/** Null where there is no rate to express it by. */
export const valueOf = (minor: string | bigint | null, currency: string | null): MoneyItem | null =>
  minor === null || currency === null ? null : money(BigInt(minor), currency);
