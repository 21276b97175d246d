import type { Connection, PoolClient, Submittable } from 'pg';

interface CopyData {
  readonly chunk: Buffer;
}

/** Signature and flags of the format, before the length of an extension that nobody has defined. */
const SIGNATURE_LENGTH = 15;

/** What is ignored of the protocol. */
const ignore = (): void => undefined;

/**
 * Takes the values of a row in binary form.
 *
 * @param bytes may change afterwards
 * @param at where the length of the first value is
 */
export type DecodeRow = (bytes: Buffer, at: number) => void;

/** Reads rows by `COPY … TO STDOUT (FORMAT binary)`, each decoded as it arrives. */
class RowCopy implements Submittable {
  #isFirst = true;
  #error: Error | undefined;

  constructor(
    private readonly query: string,
    private readonly decode: DecodeRow,
    /** The driver puts its own in place of it, for `query_timeout`. */
    public callback: (error: Error | null) => void,
  ) {}

  submit(connection: Connection): void {
    connection.query(`COPY (${this.query}) TO STDOUT (FORMAT binary)`);
  }

  handleCopyData({ chunk }: CopyData): void {
    if (this.#error) return;
    let at = 0;
    if (this.#isFirst) at = SIGNATURE_LENGTH + 4 + chunk.readInt32BE(SIGNATURE_LENGTH);
    this.#isFirst = false;
    // Less than no columns: the end of the rows.
    if (chunk.readInt16BE(at) < 0) return;
    try {
      this.decode(chunk, at + 2);
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
    }
  }

  handleError(error: Error): void {
    this.callback(this.#error ?? error);
  }

  handleReadyForQuery(): void {
    this.callback(this.#error ?? null);
  }

  readonly handleCommandComplete = ignore;
  readonly handleRowDescription = ignore;
}

/**
 * @param query without parameters, which COPY does not take
 * @throws what `decode` throws, when the rows have ended
 */
export const copyRows = (tx: PoolClient, query: string, decode: DecodeRow): Promise<void> =>
  new Promise((resolve, reject) => {
    tx.query(new RowCopy(query, decode, (error) => (error ? reject(error) : resolve())));
  });
