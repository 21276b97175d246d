import { create, fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isReadRight, jsonValue } from '../../test/json-names.js';
import { RecordRequestSchema } from '../proto/touchline/v1/collector_pb.js';
import { GetLeadResponseSchema } from '../proto/touchline/v1/query_pb.js';
import { ContentSchema, ContextSchema, TouchpointSchema } from '../proto/touchline/v1/touchpoint_pb.js';
import { native } from './formats/native.js';
import { protobuf } from './formats/protobuf.js';
import { decodeBody } from '../../test/decode-body.js';
import { normalise } from './normalise.js';
import { isRejected } from './outcome.js';
import { Reading } from './reading.js';
import { jsonDecoder } from './protobuf-json.js';

const encoded = (touchpoint: JsonObject): Buffer =>
  Buffer.from(toBinary(TouchpointSchema, fromJson(TouchpointSchema, touchpoint)));

/** What the intake reads from the bytes of one touchpoint. */
function read(bytes: Buffer): unknown {
  const decoded = decodeBody(protobuf, 'kafka', bytes);
  return 'items' in decoded ? decoded.items[0] : decoded;
}

describe('the fields of touchpoint.proto', () => {
  const names = ({ fields }: { fields: readonly { jsonName: string }[] }) =>
    fields.map(({ jsonName }) => jsonName);
  const told = (schema: unknown) => Object.keys((schema as { properties: object }).properties).sort();

  test('are those of the native format, as its schema has them', () => {
    const { properties } = native.schema as unknown as { properties: Record<string, unknown> };
    expect(names(TouchpointSchema).sort()).toEqual(told(native.schema));
    expect(names(ContentSchema).sort()).toEqual(told(properties.content));
    expect(names(ContextSchema).sort()).toEqual(told(properties.context));
  });

  test('are all known to the native format: none falls among the properties', () => {
    const value = ({ message }: (typeof TouchpointSchema.fields)[number]) => (message ? {} : 'x');
    const item = Object.fromEntries(TouchpointSchema.fields.map((field) => [field.jsonName, value(field)]));
    const named = { ...item, kind: 'custom', channel: 'email', email: 'ada@acme.example' };
    const message = native.read(named, new Reading({ call: 'kafka' }));
    expect(message).toMatchObject({ facts: [{ data: { kind: 'custom' } }] });
    expect(JSON.stringify(message)).not.toContain('"properties"');
  });
});

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const name = fc.oneof(
  text.filter(isReadRight),
  fc.constantFrom('constructor', 'toString', '', 'length', 'a.b'),
);
const values = fc.dictionary(name, jsonValue({ stringUnit: 'grapheme', maxDepth: 4 }), { maxKeys: 5 });
const time = fc
  .date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  .map((date) => date.toISOString());
const some = (fields: Record<string, fc.Arbitrary<unknown>>) => fc.record(fields, { requiredKeys: [] });
const touchpoint = some({
  ...Object.fromEntries(
    TouchpointSchema.fields.filter(({ message }) => !message).map(({ jsonName }) => [jsonName, text]),
  ),
  ...{ occurredAt: time, sentAt: time, traits: values, properties: values },
  content: some({ id: text, url: text, title: text, type: text }),
  context: some({ userAgent: text, ip: text, referrer: text, locale: text }),
}) as fc.Arbitrary<JsonObject>;

/** Empty texts say the same as none; JSON has no minus zero. */
function said(item: JsonObject): unknown {
  const strip = (object: JsonObject) => Object.entries(object).filter(([, one]) => one !== '');
  return JSON.parse(
    JSON.stringify(
      Object.fromEntries(
        strip(item).map(([field, one]) => [
          field,
          field === 'content' || field === 'context' ? Object.fromEntries(strip(one as JsonObject)) : one,
        ]),
      ),
    ),
  );
}

describe('a touchpoint in Protobuf', () => {
  test('is the native item that its JSON mapping is, whatever it holds', () => {
    fc.assert(
      fc.property(touchpoint, (item) => {
        expect(JSON.parse(JSON.stringify(read(encoded(item))))).toEqual(said(item));
      }),
      { numRuns: 500 },
    );
  });

  test('in a list of any length is read like one alone', () => {
    fc.assert(
      fc.property(fc.array(touchpoint, { maxLength: 20 }), (items) => {
        const request = fromJson(RecordRequestSchema, { touchpoints: items });
        const parsed = decodeBody(protobuf, 'Record', Buffer.from(toBinary(RecordRequestSchema, request)));
        expect(JSON.stringify(parsed)).toBe(
          JSON.stringify({ ...parsed, items: items.map((item) => read(encoded(item))) }),
        );
      }),
    );
  });

  test('of a newer version is read without the fields that are new', () => {
    const unknown = Buffer.from([
      0xa0,
      0x06,
      0x05,
      0xaa,
      0x06,
      0x02,
      0x68,
      0x69,
      0xb1,
      0x06,
      ...Buffer.alloc(8),
      0xb5,
      0x06,
      0,
      0,
      0,
      0,
    ]);
    expect(read(Buffer.concat([unknown, encoded({ messageId: 'm' }), unknown]))).toEqual({ messageId: 'm' });
  });

  test('whose times lie outside of any calendar is taken, with the time of receipt', () => {
    const at = (seconds: bigint, nanos = 0) =>
      Buffer.from(
        toBinary(
          TouchpointSchema,
          create(TouchpointSchema, {
            messageId: 'm',
            kind: 'custom',
            userId: 'u',
            occurredAt: { seconds, nanos },
          }),
        ),
      );
    const origin = {
      workspace: 'main',
      collector: 'web',
      call: 'Record',
      receivedAt: new Date('2026-03-01T12:00:00Z'),
    };
    for (const bytes of [
      at(2n ** 63n - 1n),
      at(-(2n ** 63n)),
      at(253_402_300_800n),
      at(1n, -1),
      at(1n, 2 ** 31 - 1),
    ])
      expect(normalise(protobuf, origin, read(bytes))).toMatchObject({
        facts: [{ event: { occurredAt: origin.receivedAt, data: { clamped: { reason: 'absurd' } } } }],
      });
    expect(read(at(-1n, 999_999_999))).toMatchObject({ occurredAt: '1969-12-31T23:59:59.999Z' });
  });

  test('with a field named __proto__ is rejected and changes no object', () => {
    const properties = JSON.parse('{"__proto__":{"polluted":true}}') as JsonObject;
    const item = read(encoded({ messageId: 'm', kind: 'custom', userId: 'u', properties })) as {
      properties: object;
    };
    expect(Object.getPrototypeOf(item.properties)).toBe(Object.prototype);
    const origin = { workspace: 'main', collector: 'web', call: 'Record', receivedAt: new Date() };
    expect(normalise(protobuf, origin, item)).toMatchObject({ rejected: { code: 'forbidden-name' } });
  });

  test('with NUL in a text is told to hold characters that cannot be stored; without, it is not', () => {
    const nul = decodeBody(protobuf, 'kafka', encoded({ messageId: 'm', name: 'a\0b' }));
    const none = decodeBody(protobuf, 'kafka', encoded({ messageId: 'm', name: 'ab' }));
    expect([nul, none]).toMatchObject([{ mayHoldUnstorable: true }, { mayHoldUnstorable: false }]);
  });

  test('with bytes that are not UTF-8 has U+FFFD for them, as in JSON', () => {
    const bytes = encoded({ messageId: 'm', name: 'a?b' });
    bytes[bytes.indexOf('?')] = 0xff;
    expect(read(bytes)).toEqual({ messageId: 'm', name: 'a\ufffdb' });
  });
});

describe('bytes that are no touchpoint', () => {
  test('are rejected or read as far as they are one, and never thrown at', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(touchpoint, fc.nat(), fc.nat(255)).map(([item, at, byte]) => {
        const whole = encoded(item);
        if (whole.length > 0) whole[at % whole.length] = byte;
        return whole;
      }),
      fc.tuple(touchpoint, fc.nat()).map(([item, cut]) => {
        const whole = encoded(item);
        return whole.subarray(0, cut % (whole.length + 1));
      }),
    );
    fc.assert(
      fc.property(bytes, (some) => {
        const got = decodeBody(protobuf, 'kafka', Buffer.from(some));
        if (isRejected(got)) expect(got.rejected.code).toBe('unreadable-body');
        else expect(JSON.parse(JSON.stringify('items' in got && got.items))).toHaveLength(1);
      }),
      { numRuns: 2_000 },
    );
  });

  test('with a field that is longer than its message are rejected, though the bytes go on', () => {
    const tooLong = Buffer.from([0x0a, 0x04, 0x0a, 0x05, 0x61, 0x61, 0x61, 0x61, 0x61]);
    expect(decodeBody(protobuf, 'Record', tooLong)).toMatchObject({
      rejected: { message: expect.stringContaining('a field is longer than its message') },
    });
  });

  test('nested without end do not end the process', () => {
    // Values of lists in lists, each with the length of the rest.
    let nested = Buffer.alloc(0);
    const within = (tag: number): void => {
      const length = [(nested.length & 127) | 128, ((nested.length >>> 7) & 127) | 128, nested.length >>> 14];
      nested = Buffer.concat([Buffer.from([tag, ...length]), nested]);
    };
    for (let depth = 0; depth < 10_000; depth += 1) {
      within(0x0a);
      within(0x32);
    }
    within(0x12);
    within(0x0a);
    nested = Buffer.concat([Buffer.from([0x92, 0x01]), varint(nested.length), nested]);
    expect(read(nested)).toMatchObject({
      rejected: { message: expect.stringContaining('within each other over 100 deep') },
    });
  });
});

test('a description with other kinds of fields is refused when it is compiled', () => {
  expect(() => jsonDecoder(GetLeadResponseSchema)).toThrow('is of a kind that jsonDecoder does not read');
});

function varint(value: number): Buffer {
  return Buffer.from([(value & 127) | 128, ((value >>> 7) & 127) | 128, value >>> 14]);
}
