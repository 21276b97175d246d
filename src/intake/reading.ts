import type { IdentityKey } from '../domain/identity/keys.js';
import { type IsPlaceholder, placeholders } from '../domain/placeholder.js';
import type { OpportunityReport } from '../domain/opportunity-report.js';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import { isObject } from './json.js';
import { type CompiledMapping, type Mapped, type MappingSubject, mappingOf } from './mapping.js';
import type { Warning } from './outcome.js';

const DEFAULT = placeholders();

export interface ReadingOptions {
  /** The route's name, e.g. `track` or `import`. */
  readonly call: string;
  readonly isPlaceholder?: IsPlaceholder | undefined;
  /** Of the collector; undefined: it is not configured. */
  readonly collector?: CollectorConfig | undefined;
  /** As it was sent. */
  readonly item?: unknown;
}

/** What reading one item needs beside the item, and where it notes what it leaves out of a message that it accepts. */
export class Reading {
  readonly warnings: Warning[] = [];
  /** Opportunities of which the mapping makes the person a contact. */
  readonly opportunities: OpportunityReport[] = [];
  readonly #mapping: CompiledMapping | undefined;

  constructor(private readonly options: ReadingOptions) {
    this.#mapping = mappingOf(options.collector?.mapping);
  }

  get call(): string {
    return this.options.call;
  }

  get isPlaceholder(): IsPlaceholder {
    return this.options.isPlaceholder ?? DEFAULT;
  }

  get collector(): CollectorConfig | undefined {
    return this.options.collector;
  }

  /** What the mapping of the collector makes of the item; undefined: no rule applies. */
  map(subject: Omit<MappingSubject, 'item'>): Mapped | undefined {
    const { item } = this.options;
    return this.#mapping && isObject(item) ? this.#mapping.apply({ ...subject, item }) : undefined;
  }

  warn(code: string, message: string, path: string): void {
    this.warnings.push({ code, message, path });
  }

  /** The mapping says that the person of the item is a contact of an opportunity. */
  reportContact(opportunityId: string, keys: readonly IdentityKey[]): void {
    const { currency } = this.collector?.settings ?? {};
    this.opportunities.push({
      opportunityId,
      ...(typeof currency === 'string' && { defaultCurrency: currency }),
      roles: [{ keys, role: 'contact' }],
    });
  }

  /** For an item inside the item. */
  inside(field: string): Reading {
    return new NestedReading(this.options, this, field);
  }
}

/** Warns with the path of the whole item; what the mapping looks at stays the whole item, too. */
class NestedReading extends Reading {
  constructor(
    options: ReadingOptions,
    private readonly outer: Reading,
    private readonly field: string,
  ) {
    super(options);
  }

  override warn(code: string, message: string, path: string): void {
    this.outer.warn(code, message, `${this.field}.${path}`);
  }

  override reportContact(opportunityId: string, keys: readonly IdentityKey[]): void {
    this.outer.reportContact(opportunityId, keys);
  }
}
