import type { NewEvent, RecordedDecision } from '../domain/events.js';
import type { ProposedEvent, ServerEvent } from './eventstoredb-client/types.js';

/** The field's own names for what caused an event. */
interface Metadata {
  readonly workspace?: string;
  readonly schemaVersion?: number;
  readonly occurredAt?: string;
  readonly collector?: string;
  readonly $correlationId?: string;
  readonly $causationId?: string;
}

/** Names of our streams on the server: `<prefix>/<workspace>/<stream>`; a workspace has no slash. */
export class StreamNames {
  /** Begins the name of each of our streams, and of no other. */
  readonly prefix: string;

  constructor(log: string) {
    this.prefix = `${log}/`;
  }

  nameOf(workspace: string, stream: string): string {
    return `${this.prefix}${workspace}/${stream}`;
  }

  /** Undefined: not one of ours. */
  partsOf(name: string): { readonly workspace: string; readonly stream: string } | undefined {
    if (!name.startsWith(this.prefix)) return undefined;
    const slash = name.indexOf('/', this.prefix.length);
    if (slash < 0) return undefined;
    return { workspace: name.slice(this.prefix.length, slash), stream: name.slice(slash + 1) };
  }
}

/** @param data of the event, as JSON */
export function proposedOf(workspace: string, event: NewEvent, data: string): ProposedEvent {
  const { id, type, schemaVersion, occurredAt, collector, correlationId, causationId } = event;
  const metadata: Metadata = {
    workspace,
    schemaVersion,
    occurredAt: occurredAt.toISOString(),
    ...(collector !== undefined && { collector }),
    ...(correlationId !== undefined && { $correlationId: correlationId }),
    ...(causationId !== undefined && { $causationId: causationId }),
  };
  return { id: id.toLowerCase(), type, data, metadata: JSON.stringify(metadata) };
}

/** Undefined: nothing that an append of ours could have written. */
export function recordedOf(names: StreamNames, event: ServerEvent): RecordedDecision | undefined {
  const parts = names.partsOf(event.stream);
  if (!parts || event.data === undefined || event.metadata === '') return undefined;
  const metadata = JSON.parse(event.metadata) as Metadata;
  const occurredAt = new Date(metadata.occurredAt ?? event.created);
  return {
    id: event.id,
    type: event.type as never,
    schemaVersion: metadata.schemaVersion ?? 1,
    occurredAt: occurredAt > event.created ? event.created : occurredAt,
    ...(metadata.collector !== undefined && { collector: metadata.collector }),
    ...(metadata.$correlationId !== undefined && { correlationId: metadata.$correlationId }),
    ...(metadata.$causationId !== undefined && { causationId: metadata.$causationId }),
    data: JSON.parse(event.data) as never,
    ...parts,
    position: event.position,
    version: event.revision + 1,
    recordedAt: event.created,
  };
}
