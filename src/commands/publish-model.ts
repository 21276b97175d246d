import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { checkModel, faultsText } from '../domain/model/check-model.js';
import type { Decider, DomainEvent } from '../domain/decider.js';
import type { Position } from '../domain/events.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import type { EventStore } from '../event-store/event-store.js';
import { handle } from '../event-store/handle.js';

/** The stream of a workspace's journey model; the version of its last event is the model's version. */
export const MODEL_STREAM = 'model';

interface Published {
  readonly version: number;
  readonly document?: JourneyModel;
}

const published: Decider<Published, DomainEvent<'JourneyModelPublished'>> = {
  initial: { version: 0 },
  evolve: ({ version }, { data }) => ({ version: version + 1, document: data.document }),
};

export interface PublishedModel {
  /** 1, 2, 3 … */
  readonly version: number;
  /** Wait for it with `minPosition` to see everything recomputed. */
  readonly position: Position | undefined;
  /** False when this very document is in force already. */
  readonly changed: boolean;
}

/**
 * Publishes a checked model for a workspace; publishing the current document again changes nothing.
 *
 * @throws WrongExpectedVersion, StoreUnavailable
 */
export async function publishModel(
  store: EventStore,
  workspace: string,
  document: JourneyModel,
  options: { readonly by?: string; readonly now?: Date } = {},
): Promise<PublishedModel> {
  const { by, now: occurredAt = new Date() } = options;
  const { state, receipts, position } = await handle(store, workspace, MODEL_STREAM, published, (before) =>
    isDeepStrictEqual(before.document, asJson(document))
      ? []
      : [{ type: 'JourneyModelPublished', occurredAt, data: { document, ...(by && { by }) } }],
  );
  return { version: state.version, position, changed: receipts.length > 0 };
}

/** As read from the log. */
const asJson = (document: JourneyModel): unknown => JSON.parse(JSON.stringify(document)) as unknown;

/** Publishes the shipped model where no model was ever published. */
export async function publishDefaultModel(store: EventStore, workspace: string, now?: Date): Promise<void> {
  const [first] = await store.readStream(workspace, MODEL_STREAM, 0, 1);
  if (!first)
    await publishModel(store, workspace, await defaultModel(), { by: 'touchline', ...(now && { now }) });
}

/** The shipped model, models/default.yaml. */
export async function defaultModel(): Promise<JourneyModel> {
  const file = new URL('../../models/default.yaml', import.meta.url);
  const checked = checkModel(parse(await readFile(file, 'utf8')));
  if ('model' in checked) return checked.model;
  throw new Error(`models/default.yaml: ${faultsText(checked.faults)}`);
}
