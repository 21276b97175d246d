import type { EventType, Position } from '../domain/events.js';
import type { EventStore, Page } from '../event-store/event-store.js';

interface Fetch {
  readonly after: Position;
  readonly page: Promise<Page>;
}

/** Pages of the log for one reader; the next one is fetched while the last is being applied, never more. */
export class ReadAhead {
  private rest: { readonly after: Position; readonly page: Page } | undefined;
  private fetching: Fetch | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly types: readonly EventType[],
  ) {}

  /** What follows `after`: what is left of the last page, or the page fetched ahead, or a new one. */
  async page(after: Position, limit: number): Promise<Page> {
    if (this.rest && this.rest.after <= after && after < this.rest.page.upTo)
      return this.rest.after === after ? this.rest.page : restOf(this.rest.page, after);
    const fetch = this.fetching?.after === after ? this.fetching : this.fetch(after, limit);
    this.fetching = undefined;
    const page = await fetch.page;
    this.rest = { after, page };
    return page;
  }

  /** Starts fetching what follows the page in hand. */
  ahead(limit: number): void {
    const after = this.rest?.page.upTo;
    if (after === undefined || this.fetching?.after === after) return;
    this.fetching = this.fetch(after, limit);
    // Awaited only when the reader gets there; a failure must not count as unhandled until then.
    this.fetching.page.catch(() => undefined);
  }

  forget(): void {
    this.rest = undefined;
    this.fetching = undefined;
  }

  private fetch(after: Position, limit: number): Fetch {
    return { after, page: this.store.readPage(after, limit, this.types) };
  }
}

const restOf = ({ events, upTo }: Page, after: Position): Page => ({
  events: events.filter(({ position }) => position > after),
  upTo,
  full: false,
});
