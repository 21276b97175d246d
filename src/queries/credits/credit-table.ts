import { parseInstant } from '../../database/database.js';
import { money } from '../../domain/attribution/money.js';
import type { TextRow } from '../server-cursor.js';
import type { Cell, Column, ColumnType, Table } from '../tables/table.js';
import { CREDIT_LINE } from './credit-pages.js';

/** What is the same in all rows of an export. */
export interface CreditContext {
  readonly currency: string;
  readonly metric: string;
  readonly model: string;
  readonly asOf: string;
  readonly modelVersion: number;
}

/** Rows of creditPages as the columns of an export. */
export function creditTable(context: CreditContext): Table<TextRow> {
  const { currency, metric, model, asOf, modelVersion } = context;
  const same = (name: string, type: ColumnType, value: Cell): Column<TextRow> => ({
    name,
    type,
    of: () => value,
  });
  return {
    columns: [
      ...LINE_COLUMNS,
      {
        name: 'amount',
        type: 'decimal',
        of: (row) => money(BigInt(row[CREDIT_LINE.minor] ?? 0), currency).amount,
      },
      { name: 'minor', type: 'bigint', of: (row) => BigInt(row[CREDIT_LINE.minor] ?? 0) },
      same('currency', 'text', currency),
      same('metric', 'text', metric),
      same('model', 'text', model),
      same('asOf', 'decimal', asOf),
      same('modelVersion', 'integer', modelVersion),
    ],
    metadata: { asOf, modelVersion: String(modelVersion), model, metric, currency },
  };
}

type LineColumn = Exclude<keyof typeof CREDIT_LINE, 'minor'>;

const READ: Readonly<Record<'text' | 'number' | 'instant', (text: string) => Cell>> = {
  text: (text) => text,
  number: Number,
  instant: (text) => Number(parseInstant(text)),
};

const column = (name: LineColumn, type: ColumnType, read: (text: string) => Cell): Column<TextRow> => ({
  name,
  type,
  of: (row) => {
    const text = row[CREDIT_LINE[name]];
    return text == null ? null : read(text);
  },
});
const text = (name: LineColumn): Column<TextRow> => column(name, 'text', READ.text);

const LINE_COLUMNS: readonly Column<TextRow>[] = [
  text('opportunityId'),
  column('creditedAt', 'instant', READ.instant),
  column('touch', 'integer', READ.number),
  ...(['eventId', 'leadId'] as const).map(text),
  column('occurredAt', 'instant', READ.instant),
  ...(['milestones', 'content', 'title', 'channel', 'campaign', 'source'] as const).map(text),
  column('weight', 'double', READ.number),
];
