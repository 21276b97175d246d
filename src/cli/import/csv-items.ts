import type { JsonObject } from '../../intake/json.js';
import { reject, type Rejected } from '../../intake/outcome.js';
import { kindNamed } from '../../domain/touchpoint.js';
import type { Cells } from './csv-records.js';
import type { CompiledMapping, CsvMapping, MappedColumn } from './csv-mapping.js';
import { FIELD_SETS, type RowType, type ValueKind } from './csv-fields.js';
import { amountIn, dayIn, timeIn, type ValueFormat } from './csv-values.js';

/** The value of a cell, or why it has none. */
type Value = string | boolean | readonly object[] | { readonly code: string; readonly message: string };

const READ: Readonly<Record<ValueKind, (text: string, format: ValueFormat) => Value>> = {
  text: (text) => text,
  time: timeIn,
  amount: amountIn,
  kind: (text) => kindNamed(text) ?? text,
  status: statusIn,
  contacts: contactsIn,
  day: dayIn,
  cells: cellsIn,
  consent: consentIn,
  flag: flagIn,
};

const STATUSES = ['won', 'lost', 'open', 'deleted'];

/** `Closed Won` is won. */
function statusIn(text: string): string {
  const plain = text.trim().toLowerCase();
  return STATUSES.find((status) => plain === status || plain === `closed ${status}`) ?? plain;
}

const YES = new Set(['1', 'true', 'yes', 'y', 'x', 'ja', 'oui', 'si', 'sí']);
const NO = new Set(['0', 'false', 'no', 'n', 'nein', 'non']);
const ASK = 'set values in the mapping';

function flagIn(text: string): Value {
  const plain = text.toLowerCase();
  if (YES.has(plain)) return true;
  return NO.has(plain) ? false : { code: 'flag-invalid', message: `is neither yes nor no; ${ASK}` };
}

/** `Opted out` and the like end consent, `Opt-in` gives it. */
function consentIn(text: string): Value {
  const plain = text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
  if (/^(?:un|de)subscribed?$|^opt(?:ed)?out$/.test(plain) || NO.has(plain)) return 'unsubscribed';
  if (/^subscribed?$|^opt(?:ed)?in$/.test(plain) || YES.has(plain)) return 'subscribed';
  return { code: 'consent-invalid', message: `is neither subscribed nor unsubscribed; ${ASK}` };
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
    if (!filled.has(field)) place(item, field, constantOf(field, value, compiled.type));
  return missing(item, compiled) ?? withContact(item);
}

/** Other constants are written as the format has them. */
function constantOf(field: string, text: string, type: RowType): Value {
  const kind = FIELD_SETS[type].fields[field];
  const value = kind === 'flag' || kind === 'consent' ? READ[kind](text, {}) : text;
  return isFault(value) ? text : value;
}

function valueOf(
  text: string,
  { field, kind }: Pick<MappedColumn, 'field' | 'kind'>,
  mapping: CsvMapping,
): Value {
  const values = mapping.values?.[field];
  const named = values && Object.hasOwn(values, text) ? values[text] : undefined;
  // What a flag or a consent is called stands for it, as in the file.
  if (named !== undefined && kind !== 'flag' && kind !== 'consent') return named;
  return READ[kind](named ?? text, mapping);
}

const isFault = (value: Value): value is { readonly code: string; readonly message: string } =>
  typeof value === 'object' && 'code' in value;

/** `content.id` is a field within a field; a header may have dots of its own. */
function place(item: Record<string, unknown>, field: string, value: unknown): void {
  const dot = field.indexOf('.');
  const name = dot < 0 ? field : field.slice(0, dot);
  const inner = field.slice(dot + 1);
  if (name === '__proto__' || inner === '__proto__') return;
  if (dot < 0) item[name] = value;
  else ((item[name] ??= {}) as Record<string, unknown>)[inner] = value;
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
