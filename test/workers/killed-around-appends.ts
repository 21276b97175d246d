import { PostgresEventStore } from '../../src/event-store/postgres.js';

/** Ends the process with SIGKILL when it passes a place for the nth time. */
export function killAt(place: string, nth: number): (where: string) => void {
  let passed = 0;
  return (where) => {
    if (where !== place) return;
    passed += 1;
    if (passed === nth) process.kill(process.pid, 'SIGKILL');
  };
}

/** The places `before-append` and `after-append`. */
export class KilledAroundAppends extends PostgresEventStore {
  constructor(
    private readonly pass: (where: string) => void,
    ...args: ConstructorParameters<typeof PostgresEventStore>
  ) {
    super(...args);
  }

  override async append(...args: Parameters<PostgresEventStore['append']>) {
    this.pass('before-append');
    const results = await super.append(...args);
    this.pass('after-append');
    return results;
  }
}
