import type { PoolClient } from 'pg';
import { runStatements, type Statement } from '../../read-models/statements.js';

/** What is being written in the background, one lot after the other. */
export class Writing {
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly tx: PoolClient) {}

  /** Begins to write once the lot before is written, and resolves then: one is under way at most. @throws as that did */
  async after(statements: readonly Statement[]): Promise<void> {
    await this.#last;
    this.#last = runStatements(this.tx, statements);
    // Thrown where the next one is waited for.
    this.#last.catch(() => undefined);
  }

  /** Resolves when all is written and nobody uses the connection any more. @throws what went wrong */
  done(): Promise<void> {
    return this.#last;
  }
}
