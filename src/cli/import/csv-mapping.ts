import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { Refused } from '../../domain/refused.js';
import { parseJson } from '../../intake/json.js';
import { checker, type Static, Type } from '../../intake/schema.js';
import {
  FIELD_SETS,
  type FieldSet,
  isField,
  ROW_TYPES,
  type RowType,
  usualField,
  type ValueKind,
} from './csv-fields.js';
import { isTimeZone } from './csv-values.js';

const texts = (description: string) =>
  Type.Optional(Type.Record(Type.String(), Type.String(), { description }));

/** The file of `--mapping`. */
const mappingSchema = Type.Object(
  {
    type: Type.Optional(Type.Unsafe<RowType>({ enum: [...ROW_TYPES] })),
    columns: Type.Optional(
      Type.Record(Type.String(), Type.Unsafe<string | null>({ type: ['string', 'null'] }), {
        description: 'The field of a column, by its header; null: leave it out',
      }),
    ),
    constants: texts('The value of a field that has no column, or whose cell is empty'),
    values: Type.Optional(
      Type.Record(Type.String(), Type.Record(Type.String(), Type.String()), {
        description: 'By field: what stands for the text of a cell',
      }),
    ),
    delimiter: Type.Optional(Type.String({ minLength: 1, maxLength: 1 })),
    timeFormat: Type.Optional(Type.String({ minLength: 1 })),
    timeZone: Type.Optional(Type.String()),
    decimal: Type.Optional(Type.Unsafe<'.' | ','>({ enum: ['.', ','] })),
  },
  { additionalProperties: false },
);
export type CsvMapping = Readonly<Static<typeof mappingSchema>>;

const checkMapping = checker(mappingSchema);

/** @throws Refused `mapping-invalid` */
export async function readMapping(path: string): Promise<CsvMapping> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Refused('mapping-invalid', `The mapping "${path}" cannot be read`);
  });
  const value = parseJson(text) ?? yamlIn(text);
  if (value === undefined) throw new Refused('mapping-invalid', `The mapping "${path}" is not JSON or YAML`);
  return checkedMapping(value, path);
}

/** @param name of where it stands, for the error @throws Refused `mapping-invalid` */
export function checkedMapping(value: unknown, name: string): CsvMapping {
  const fault = checkMapping(value)?.rejected;
  if (fault) throw new Refused('mapping-invalid', `${name}: ${fault.path ?? 'the mapping'} ${fault.message}`);
  const mapping = value as CsvMapping;
  if (mapping.timeZone !== undefined && !isTimeZone(mapping.timeZone))
    throw new Refused('mapping-invalid', `${name}: timeZone "${mapping.timeZone}" is not a time zone`);
  return mapping;
}

function yamlIn(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100 }) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Columns that a message lists. */
const MOST_SHOWN = 100;

/** A column of a file, and the field its cells are of. */
export interface MappedColumn {
  readonly index: number;
  readonly header: string;
  readonly field: string;
  readonly kind: ValueKind;
}

export interface CompiledMapping {
  readonly type: RowType;
  readonly columns: readonly MappedColumn[];
  readonly constants: Readonly<Record<string, string>>;
}

/**
 * The mapping for a file with these headers: what it says, and usual names for the rest.
 *
 * @throws Refused `mapping-invalid`, with all faults
 */
export function compileMapping(
  name: string,
  headers: readonly string[],
  mapping: CsvMapping,
): CompiledMapping {
  const { type = 'touchpoints', columns = {}, constants = {} } = mapping;
  const set = FIELD_SETS[type];
  const mapped = mappedColumns(headers, columns, set);
  const given = new Set([...mapped.map(({ field }) => field), ...Object.keys(constants)]);
  const faults = [
    ...Object.keys(columns).flatMap((column) =>
      headers.includes(column) ? [] : [`there is no column "${column}"`],
    ),
    ...[...given].flatMap((field) => (isField(field, set) ? [] : [`"${field}" is not a field of ${type}`])),
    ...repeated(mapped).map((field) => `more than one column is mapped to ${field}`),
    ...set.required.flatMap((fields) =>
      fields.some((field) => given.has(field)) ? [] : [`no column is mapped to ${fields.join(' or ')}`],
    ),
  ];
  if (faults.length === 0) return { type, columns: mapped, constants };
  const shown = headers.slice(0, MOST_SHOWN).map((header) => `"${header.slice(0, 100)}"`);
  const more = headers.length > MOST_SHOWN ? ` and ${headers.length - MOST_SHOWN} more` : '';
  const has = `It has the columns ${shown.join(', ')}${more}`;
  throw new Refused('mapping-invalid', `${name}: ${faults.join('; ')}. ${has}`);
}

function mappedColumns(
  headers: readonly string[],
  columns: Readonly<Record<string, string | null>>,
  set: FieldSet,
): readonly MappedColumn[] {
  const taken = new Set<string>(Object.values(columns).flatMap((field) => field ?? []));
  return headers.flatMap((header, index) => {
    const field = Object.hasOwn(columns, header) ? columns[header] : unmappedField(header, taken, set);
    if (field === null || field === undefined) return [];
    return [{ index, header, field, kind: set.fields[field] ?? 'text' }];
  });
}

/** The first column of a usual name has the field; others are kept among the rest. */
function unmappedField(header: string, taken: Set<string>, set: FieldSet): string | undefined {
  const usual = usualField(header, set);
  if (usual !== undefined && !taken.has(usual)) {
    taken.add(usual);
    return usual;
  }
  return set.rest === undefined || header === '' ? undefined : `${set.rest}.${header}`;
}

function repeated(columns: readonly MappedColumn[]): readonly string[] {
  const [seen, again] = [new Set<string>(), new Set<string>()];
  for (const { field } of columns) (seen.has(field) ? again : seen).add(field);
  return [...again];
}
