import type { JsonObject } from '../../intake/json.js';
import { reject, type Rejected } from '../../intake/outcome.js';
import { kindNamed } from '../../domain/touchpoint.js';
import type { Cells } from './csv-records.js';
import type { CompiledMapping, CsvMapping, MappedColumn } from './csv-mapping.js';
import { FIELD_SETS, type ValueKind } from './csv-fields.js';
import { amountIn, dayIn, timeIn, type ValueFormat } from './csv-values.js';

/** The value of a cell, or why it has none. */
type Value = string | readonly object[] | { readonly code: string; readonly message: string };

const READ: Readonly<Record<ValueKind, (text: string, format: ValueFormat) => Value>> = {
  text: (text) => text,
  time: timeIn,
  amount: amountIn,
  kind: (text) => kindNamed(text) ?? text,
  status: statusIn,
  contacts: contactsIn,
  day: dayIn,
  cells: cellsIn,
};

const STATUSES = ['won', 'lost', 'open', 'deleted'];

/** `Closed Won` is won. */
function statusIn(text: string): string {
  const plain = text.trim().toLowerCase();
  return STATUSES.find((status) => plain === status || plain === `closed ${status}`) ?? plain;
}

/** `ada@acme.example:decision_maker; bob@acme.example`. */
function contactsIn(text: string): readonly object[] {
  return text.split(/[;,]/).flatMap((part) => {
    const [email = '', role = 'contact'] = part.split(':').map((side) => side.trim());
    return email === '' ? [] : [{ email, role: role === '' ? 'contact' : role }];
  });
}

/** `technical:explore; economic:decide`. */
function cellsIn(text: string): readonly object[] {
  return text.split(/[;,]/).flatMap((part) => {
    const [persona = '', stage = ''] = part.split(':').map((side) => side.trim());
    return persona === '' && stage === '' ? [] : [{ persona, stage }];
  });
}

/** The item of a record. @returns rejected: the path names the column */
export function itemOf(cells: Cells, compiled: CompiledMapping, mapping: CsvMapping): JsonObject | Rejected {
  const item: Record<string, unknown> = {};
  const filled = new Set<string>();
  for (const column of compiled.columns) {
    const text = cells[column.index]?.trim() ?? '';
    if (text === '') continue;
    const value = valueOf(text, column, mapping);
    if (isFault(value)) return reject(value.code, `"${text.slice(0, 100)}" ${value.message}`, column.header);
    place(item, column.field, value);
    filled.add(column.field);
  }
  for (const [field, value] of Object.entries(compiled.constants))
    if (!filled.has(field)) place(item, field, value);
  return missing(item, compiled) ?? withContact(item);
}

function valueOf(
  text: string,
  { field, kind }: Pick<MappedColumn, 'field' | 'kind'>,
  mapping: CsvMapping,
): Value {
  const values = mapping.values?.[field];
  if (values && Object.hasOwn(values, text)) return values[text] ?? text;
  return READ[kind](text, mapping);
}

const isFault = (value: Value): value is { readonly code: string; readonly message: string } =>
  typeof value === 'object' && 'code' in value;

/** `content.id` is a field within a field; a header may have dots of its own. */
function place(item: Record<string, unknown>, field: string, value: unknown): void {
  const dot = field.indexOf('.');
  const name = dot < 0 ? field : field.slice(0, dot);
  if (name === '__proto__') return;
  if (dot < 0) item[name] = value;
  else item[name] = { ...(item[name] as object | undefined), [field.slice(dot + 1)]: value };
}

/** A time that is not known is not made up for history. */
function missing(item: JsonObject, { type }: CompiledMapping): Rejected | undefined {
  const { required } = FIELD_SETS[type];
  const isRequired = required.some((fields) => fields.length === 1 && fields[0] === 'occurredAt');
  return isRequired && item.occurredAt === undefined
    ? reject('missing-field', 'is required', 'occurredAt')
    : undefined;
}

/** A single contact in columns of its own. */
function withContact(item: JsonObject): JsonObject {
  const { contact, ...rest } = item;
  if (typeof contact !== 'object' || contact === null) return item;
  const { role = 'contact', ...keys } = contact as { role?: string };
  return Object.keys(keys).length === 0 ? rest : { ...rest, contacts: [{ ...keys, role }] };
}
