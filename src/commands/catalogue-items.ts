import { Inject, Injectable } from '@nestjs/common';
import { CATALOGUE_NAMES } from '../domain/catalogue-events.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import type { ItemReason } from './opportunity.receipts.js';
import { judgeItem, recordUnlessRefused } from './record-batch.js';
import { CATALOGUE_KINDS } from './record-catalogue.js';

interface KeptItem {
  readonly workspace: string;
  readonly format: string;
  readonly item: unknown;
  readonly occasion: string;
}

/** Decides contents, campaigns and investments that were rejected when a file was imported. */
@Injectable()
export class CatalogueItems {
  readonly formats: readonly string[] = CATALOGUE_NAMES;

  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  /** @throws StoreUnavailable */
  async decide(
    { workspace, format, item, occasion }: KeptItem,
    now: Date,
  ): Promise<{ readonly position: bigint } | { readonly reason: ItemReason }> {
    const kind = Object.values(CATALOGUE_KINDS).find((each) => each.format === format);
    if (!kind) throw new Error(`"${format}" is of no catalogue`);
    const judged = await judgeItem(kind, item);
    if ('reason' in judged) return judged;
    const options = { now, idempotencyKey: occasion };
    const recorded = await recordUnlessRefused(this.store, workspace, kind, judged.item, options);
    return 'reason' in recorded ? recorded : { position: recorded.position };
  }
}
