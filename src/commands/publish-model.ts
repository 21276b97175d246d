import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { checkModel, faultsText } from '../domain/model/check-model.js';
import type { Decider, DomainEvent } from '../domain/decider.js';
import { Refused } from '../domain/refused.js';
import type { Position } from '../domain/events.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import type { EventStore } from '../event-store/event-store.js';
import { handle } from '../event-store/handle.js';

/** The stream of a workspace's journey model; the version of its last event is the model's version. */
export const MODEL_STREAM = 'model';

/** Leads and touchpoints that are recomputed in one transaction with the publication: some tenths of a second. */
const AT_ONCE = 10_000;

interface Published {
  readonly version: number;
  readonly document?: JourneyModel;
  readonly by?: string | undefined;
}

const published: Decider<Published, DomainEvent<'JourneyModelPublished'>> = {
  initial: { version: 0 },
  evolve: ({ version }, { data }) => ({ version: version + 1, document: data.document, by: data.by }),
};

export interface PublishedModel {
  /** 1, 2, 3 … */
  readonly version: number;
  /** Wait for it with `minPosition` to see everything recomputed. */
  readonly position: Position | undefined;
  /** False when this very document is in force already. */
  readonly changed: boolean;
}

/** Somebody else published in the meantime. */
export class ModelChanged extends Refused {
  constructor(
    readonly version: number,
    by: string | undefined,
  ) {
    super(
      'model-changed',
      `Version ${version} of the journey model is in effect, published${by === undefined ? '' : ` by ${by}`}; read it and apply your changes to it`,
    );
  }
}

export interface PublishOptions {
  /** Who publishes. */
  readonly by?: string;
  /** The version that the document was made from; absent: whichever is in effect is replaced. */
  readonly expectedVersion?: number;
  readonly now?: Date;
}

/**
 * Publishes a checked model for a workspace; publishing the current document again changes nothing, so that a request may be
 * repeated.
 *
 * @throws ModelChanged, WrongExpectedVersion, StoreUnavailable
 */
export async function publishModel(
  store: EventStore,
  workspace: string,
  document: JourneyModel,
  { by, expectedVersion, now: occurredAt = new Date() }: PublishOptions = {},
): Promise<PublishedModel> {
  const { state, receipts, position } = await handle(store, workspace, MODEL_STREAM, published, (before) => {
    if (isDeepStrictEqual(before.document, asJson(document))) return [];
    if (expectedVersion !== undefined && expectedVersion !== before.version)
      throw new ModelChanged(before.version, before.by);
    return [
      { type: 'JourneyModelPublished', occurredAt, data: { document, atOnce: AT_ONCE, ...(by && { by }) } },
    ];
  });
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
