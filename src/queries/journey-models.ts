import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Position, RecordedDecision, RecordedEvent } from '../domain/events.js';
import { isEvent } from '../domain/events.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';

/** A published journey model; its version is that of its event in the stream `model`. */
export type ModelEvent = RecordedEvent<'JourneyModelPublished'> & RecordedDecision;

const PAGE = 100;
const CACHED_WORKSPACES = 1_000;

/** The journey models of each workspace, cached and topped up from the log at each question. */
@Injectable()
export class JourneyModels {
  private readonly known = new LRUCache<string, readonly ModelEvent[]>({ max: CACHED_WORKSPACES });

  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  /** All versions published at or before the position, oldest first. */
  async upTo(workspace: string, position: Position): Promise<readonly ModelEvent[]> {
    const all = await this.topUp(workspace);
    return all.filter((event) => event.position <= position);
  }

  /** All versions that are published, oldest first, also those that the read models have not reached. */
  all(workspace: string): Promise<readonly ModelEvent[]> {
    return this.topUp(workspace);
  }

  /** The model in force at the position; undefined before the first is published. */
  async at(workspace: string, position: Position): Promise<ModelEvent | undefined> {
    return (await this.upTo(workspace, position)).at(-1);
  }

  private async topUp(workspace: string): Promise<readonly ModelEvent[]> {
    const known = this.known.get(workspace) ?? [];
    const fresh: ModelEvent[] = [];
    for (let more = true; more;) {
      const after = (fresh.at(-1) ?? known.at(-1))?.version ?? 0;
      const page = await this.store.readStream(workspace, 'model', after, PAGE);
      fresh.push(...page.filter((event) => isEvent(event, 'JourneyModelPublished')));
      more = page.length === PAGE;
    }
    if (fresh.length === 0) return known;
    const all = [...known, ...fresh];
    this.known.set(workspace, all);
    return all;
  }
}
