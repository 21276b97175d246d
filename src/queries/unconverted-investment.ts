import { MoneyItem } from './money.js';
import { Nested, Text, Texts } from './response-fields.js';

/** Investments that are in no sum, since their currency has no published rate. */
export class UnconvertedInvestment {
  @Text('Their currency') currency!: string;
  @Nested('Sum of what lies in the period', () => MoneyItem) amount!: MoneyItem;
  @Texts('Their ids') investments!: string[];
}
