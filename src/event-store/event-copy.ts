import type { Connection, Submittable } from 'pg';
import type { Position, RecordedEvent } from '../domain/events.js';

/** In the order that `EventRows` expects. */
export const COPIED_COLUMNS = [
  'position',
  'workspace',
  'stream',
  'version',
  'id::text',
  'type',
  'schema_version',
  'occurred_at',
  'recorded_at',
  'collector',
  'correlation_id',
  'causation_id',
  'data',
];

interface CopyData {
  readonly chunk: Buffer;
}
interface DataRow {
  readonly fields: readonly (string | null)[];
}

/** What is ignored of the protocol. */
const ignore = (): void => undefined;

/**
 * Reads events by `COPY … TO STDOUT (FORMAT binary)`, after one statement that answers a position. Each row is decoded as it
 * arrives: next to a query, which makes a text of every column and keeps all rows until the last, half of the garbage.
 */
export class EventCopy implements Submittable {
  readonly events: RecordedEvent[] = [];
  /** What the first statement answered. */
  position: Position = 0n;
  readonly #rows = new EventRows();
  #error: Error | undefined;

  /**
   * @param positionQuery answers one row of one column
   * @param eventsQuery a SELECT of COPIED_COLUMNS: COPY takes no parameters
   */
  constructor(
    private readonly positionQuery: string,
    private readonly eventsQuery: string,
    /** The driver puts its own in place of it, for `query_timeout`. */
    public callback: (error: Error | null) => void,
  ) {}

  submit(connection: Connection): void {
    const { stream } = connection;
    stream.cork();
    for (const text of [this.positionQuery, `COPY (${this.eventsQuery}) TO STDOUT (FORMAT binary)`]) {
      connection.parse({ name: '', text, types: [] }, true);
      connection.bind({ values: [] }, true);
      connection.execute(null, true);
    }
    connection.sync();
    stream.uncork();
  }

  handleDataRow({ fields }: DataRow): void {
    this.position = BigInt(fields[0] ?? 0);
  }

  handleCopyData({ chunk }: CopyData): void {
    if (this.#error) return;
    try {
      const event = this.#rows.decode(chunk);
      if (event) this.events.push(event);
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
    }
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(this.#error ?? null);
  }

  readonly handleCommandComplete = ignore;
  readonly handleRowDescription = ignore;
}

/** Signature and flags of the format, before the length of an extension that nobody has defined. */
const SIGNATURE_LENGTH = 15;
const EPOCH_2000_MS = 946_684_800_000;
const NULL_LENGTH = -1;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Takes rows of COPIED_COLUMNS apart. */
class EventRows {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #isFirst = true;
  /** Texts that most rows share are kept once. */
  #workspace = '';
  #type = '';
  #collector = '';

  /** @returns undefined for the end of the rows. The chunk may change afterwards */
  decode(chunk: Buffer): RecordedEvent | undefined {
    this.#bytes = chunk;
    this.#at = 0;
    if (this.#isFirst) this.#at = SIGNATURE_LENGTH + 4 + chunk.readInt32BE(SIGNATURE_LENGTH);
    this.#isFirst = false;
    const columns = this.#int16();
    return columns < 0 ? undefined : this.#event();
  }

  #event(): RecordedEvent {
    const position = this.#position();
    const workspace = (this.#workspace = same(this.#workspace, this.#text()));
    const stream = this.#text() ?? '';
    const version = this.#integer();
    const id = this.#text() ?? '';
    const type = (this.#type = same(this.#type, this.#text()));
    const schemaVersion = this.#integer() ?? 0;
    const occurredAt = this.#instant();
    const recordedAt = this.#instant();
    const collector = this.#text();
    const correlationId = this.#text();
    const causationId = this.#text();
    const event: Writable<RecordedEvent> = {
      position,
      workspace,
      stream,
      id,
      type: type as never,
      schemaVersion,
      occurredAt,
      recordedAt,
      data: JSON.parse(this.#text() ?? 'null') as never,
    };
    if (version !== undefined) event.version = version;
    if (collector !== undefined) event.collector = this.#collector = same(this.#collector, collector);
    if (correlationId !== undefined) event.correlationId = correlationId;
    if (causationId !== undefined) event.causationId = causationId;
    return event;
  }

  #int16(): number {
    const value = this.#bytes.readInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  #length(): number {
    const length = this.#bytes.readInt32BE(this.#at);
    this.#at += 4;
    return length;
  }

  #text(): string | undefined {
    const length = this.#length();
    if (length === NULL_LENGTH) return undefined;
    const start = this.#at;
    this.#at += length;
    return this.#bytes.toString('utf8', start, this.#at);
  }

  #position(): Position {
    this.#length();
    const value = this.#bytes.readBigInt64BE(this.#at);
    this.#at += 8;
    return value;
  }

  /** A smallint or an integer. */
  #integer(): number | undefined {
    const length = this.#length();
    if (length === NULL_LENGTH) return undefined;
    const value = this.#bytes.readIntBE(this.#at, length);
    this.#at += length;
    return value;
  }

  /** Microseconds since 2000. */
  #instant(): Date {
    this.#length();
    const micros = this.#bytes.readInt32BE(this.#at) * 2 ** 32 + this.#bytes.readUInt32BE(this.#at + 4);
    this.#at += 8;
    return new Date(EPOCH_2000_MS + Math.round(micros / 1_000));
  }
}

/** The text known before, where the other is equal: one object for both. */
const same = (known: string, text = ''): string => (text === known ? known : text);
