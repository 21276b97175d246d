import type { Connection, PoolClient, Submittable } from 'pg';

/** A statement with all its values: what they were taken from may change before it runs. */
export interface Statement {
  readonly text: string;
  /** Texts, or arrays in binary form. */
  readonly values?: readonly (string | Buffer | null)[];
  /** For COPY … FROM STDIN: a whole message CopyData of the protocol. */
  readonly copy?: Buffer;
}

/** Runs statements in their order, in one round trip: each of them waits for nothing but the one before. */
export async function runStatements(tx: PoolClient, statements: readonly Statement[]): Promise<void> {
  if (statements.length === 0) return;
  await new Promise<void>((resolve, reject) => {
    tx.query(new Pipeline(statements, (error) => (error ? reject(error) : resolve())));
  });
}

/** What a statement answers is nobody's concern. */
const ignore = (): void => undefined;

const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

/**
 * A query of the driver that sends Parse, Bind, Execute of all statements before a single Sync. After an error PostgreSQL ignores
 * the rest up to the Sync, the data of COPY included.
 */
class Pipeline implements Submittable {
  constructor(
    private readonly statements: readonly Statement[],
    /** The driver puts its own in place of it, for `query_timeout`. */
    public callback: (error: Error | null) => void,
  ) {}

  submit(connection: Connection): void {
    const { stream } = connection;
    stream.cork();
    for (const { text, values = [], copy } of this.statements) {
      connection.parse({ name: '', text, types: [] }, true);
      connection.bind({ values: [...values] }, true);
      connection.execute(null, true);
      if (copy) {
        stream.write(copy);
        stream.write(COPY_DONE);
      }
    }
    connection.sync();
    stream.uncork();
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(null);
  }

  readonly handleCommandComplete = ignore;
  readonly handleCopyInResponse = ignore;
  readonly handleRowDescription = ignore;
  readonly handleDataRow = ignore;
}
