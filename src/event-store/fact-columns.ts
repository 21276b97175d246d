import { checkStream, dataOf } from './append-call.js';
import type { NewFact } from './event-store.js';
import { ArrayWriter } from './pg-array.js';

/**
 * Facts as the binary parameters of `touchline.record`: a fact is encoded when it is added, and nothing of it is kept but its
 * id. What lives until the commit is copied by the garbage collector, which cost half of a batch.
 */
export class FactColumns {
  readonly ids: string[] = [];
  /** Of the data, in UTF-16 units. */
  bytes = 0;
  readonly #id = new ArrayWriter('uuid');
  readonly #workspace = new ArrayWriter('text');
  readonly #stream = new ArrayWriter('text');
  readonly #type = new ArrayWriter('text');
  readonly #schemaVersion = new ArrayWriter('int2');
  readonly #occurredAt = new ArrayWriter('timestamptz');
  readonly #collector = new ArrayWriter('text');
  readonly #correlationId = new ArrayWriter('text');
  readonly #causationId = new ArrayWriter('text');
  readonly #data = new ArrayWriter('json', 4_096);
  /** In the order of the function. */
  readonly #all = [
    ...[this.#id, this.#workspace, this.#stream, this.#type, this.#schemaVersion, this.#occurredAt],
    ...[this.#collector, this.#correlationId, this.#causationId, this.#data],
  ];

  get count(): number {
    return this.ids.length;
  }

  /** Adds all of them or none. @throws TypeError something in them that no log could hold */
  add(facts: readonly NewFact[]): void {
    const { count, bytes } = this;
    const marks = this.#all.map(({ mark }) => mark);
    try {
      for (const fact of facts) this.#add(fact);
    } catch (error) {
      this.ids.length = count;
      this.bytes = bytes;
      for (const [index, mark] of marks.entries()) this.#all[index]?.rewind(mark);
      throw error;
    }
  }

  /** Adds facts `from` up to `to` of other columns. */
  copy(source: FactColumns, from: number, to: number): void {
    for (let index = from; index < to; index++) this.ids.push(source.ids[index] ?? '');
    for (const [index, column] of source.#all.entries()) this.#all[index]?.copy(column, from, to);
  }

  /** Takes out all facts and keeps the buffers: with new ones for each transaction V8 collects the whole heap more often. */
  clear(): void {
    this.ids.length = 0;
    this.bytes = 0;
    for (const column of this.#all) column.clear();
  }

  /** Of its buffers. */
  get capacity(): number {
    return this.#all.reduce((sum, column) => sum + column.capacity, 0);
  }

  parameters(): unknown[] {
    const isRepeated = new Set(this.ids).size < this.ids.length;
    return [...this.#all.map((column) => column.done()), isRepeated];
  }

  #add({ workspace, stream, event }: NewFact): void {
    checkStream(workspace, stream);
    const data = dataOf(event);
    this.bytes += data.length;
    this.ids.push(event.id);
    this.#id.uuid(event.id);
    this.#workspace.text(workspace);
    this.#stream.text(stream);
    this.#type.text(event.type);
    this.#schemaVersion.int2(event.schemaVersion);
    this.#occurredAt.instant(event.occurredAt);
    optional(this.#collector, event.collector);
    optional(this.#correlationId, event.correlationId);
    optional(this.#causationId, event.causationId);
    this.#data.text(data);
  }
}

const optional = (column: ArrayWriter, value: string | undefined): void =>
  value === undefined ? column.null() : column.text(value);
