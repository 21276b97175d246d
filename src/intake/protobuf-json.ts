import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { WireReader } from './wire-reader.js';

/** Reads the message that begins here to the value it has in JSON. */
type Read = (reader: WireReader) => unknown;
type Fields = Record<string, unknown>;

/**
 * Compiles the description of a message to a decoder: bytes → the object that its Protobuf JSON mapping has, without the
 * detour over a message object (ADR 0017). For messages whose fields are texts, messages, Struct and Timestamp, single or
 * repeated. Empty texts and fields that nobody knows are left out; of a single field that comes twice the last one counts.
 *
 * @throws Error of a description with other fields; the decoder throws Unreadable
 */
export function jsonDecoder(description: DescMessage): (bytes: Buffer) => Fields {
  const read = messageReader(description);
  return (bytes) => read(new WireReader(bytes)) as Fields;
}

interface Field {
  readonly name: string;
  /** Undefined: a text. */
  readonly read: Read | undefined;
  readonly repeated: boolean;
}

function messageReader(description: DescMessage): Read {
  const byTag: Field[] = [];
  for (const field of description.fields) byTag[delimited(field.number)] = fieldOf(field);
  return (reader) => {
    const values: Fields = {};
    for (const end = reader.open(); reader.next(end);) {
      const field = byTag[reader.tag];
      if (field === undefined) reader.skip();
      else if (field.repeated) ((values[field.name] ??= []) as unknown[]).push(field.read?.(reader));
      else if (field.read) values[field.name] = field.read(reader);
      else {
        const text = reader.text();
        if (text !== '') values[field.name] = text;
      }
    }
    return values;
  };
}

/** The tag of a field with a length: a text or a message. */
const delimited = (number: number): number => (number << 3) | 2;

function fieldOf(field: DescField): Field {
  const { jsonName: name, message } = field;
  if (message) {
    const read = KNOWN[message.typeName] ?? messageReader(message);
    return { name, read, repeated: field.fieldKind === 'list' };
  }
  if (field.fieldKind === 'scalar' && field.scalar === ScalarType.STRING)
    return { name, read: undefined, repeated: false };
  throw new Error(`${field.toString()} is of a kind that jsonDecoder does not read`);
}

function struct(reader: WireReader): Fields {
  const fields: Fields = {};
  for (const end = reader.open(); reader.next(end);) {
    if (reader.tag === delimited(1)) addEntry(reader, fields);
    else reader.skip();
  }
  return fields;
}

function addEntry(reader: WireReader, fields: Fields): void {
  let name = '';
  let value: unknown = null;
  for (const end = reader.open(); reader.next(end);) {
    if (reader.tag === delimited(1)) name = reader.text();
    else if (reader.tag === delimited(2)) value = structValue(reader);
    else reader.skip();
  }
  // Assigned, it would change what the object is instead of naming a field, and nobody could refuse it.
  if (name === '__proto__') Object.defineProperty(fields, name, { value, enumerable: true });
  else fields[name] = value;
}

/** Tags of google.protobuf.Value: the number of the field and its wire type. */
const [NULL, NUMBER, TEXT, TRUTH, STRUCT, LIST] = [8, 17, 26, 32, 42, 50];

function structValue(reader: WireReader): unknown {
  let value: unknown = null;
  for (const end = reader.open(); reader.next(end);) {
    if (reader.tag === TEXT) value = reader.text();
    else if (reader.tag === NUMBER) value = reader.double();
    else if (reader.tag === TRUTH) value = reader.int64() !== 0;
    else if (reader.tag === STRUCT) value = struct(reader);
    else if (reader.tag === LIST) value = list(reader);
    else {
      if (reader.tag === NULL) value = null;
      reader.skip();
    }
  }
  return value;
}

function list(reader: WireReader): unknown[] {
  const values: unknown[] = [];
  for (const end = reader.open(); reader.next(end);) {
    if (reader.tag === delimited(1)) values.push(structValue(reader));
    else reader.skip();
  }
  return values;
}

const [SECONDS, NANOS] = [8, 16];

/** RFC 3339 in UTC, to the millisecond; of what is no moment of a calendar the bare figures, which are no time. */
function timestamp(reader: WireReader): string {
  let seconds = 0;
  let nanos = 0;
  for (const end = reader.open(); reader.next(end);) {
    if (reader.tag === SECONDS) seconds = reader.int64();
    else if (reader.tag === NANOS) nanos = reader.int64();
    else reader.skip();
  }
  const date = new Date(seconds * 1000 + Math.floor(nanos / 1e6));
  const isTime = nanos >= 0 && nanos < 1e9 && !Number.isNaN(+date);
  return isTime ? date.toISOString() : `${seconds} s ${nanos} ns`;
}

const KNOWN: Readonly<Record<string, Read>> = {
  'google.protobuf.Struct': struct,
  'google.protobuf.Timestamp': timestamp,
};
