import { trueAt, type Spanned, type Spans, spansOf } from '../../read-models/attribution/inputs.js';
import type { PositionRange } from '../../read-models/range.js';
import type { View } from '../read-models.js';
import { rows, sql } from '../sql.js';

interface ContentRow extends Spanned {
  readonly content_id: string;
  readonly type: string | null;
  readonly author: string | null;
  readonly publisher: string | null;
  readonly publisher_kind: string | null;
}

interface ModelContent {
  readonly id: string;
  readonly type?: string | null;
  readonly author?: string | null;
  readonly publisher?: string | null;
  readonly eachPage?: boolean;
}

interface ModelRow extends Spanned {
  readonly contents: readonly ModelContent[] | null;
}

interface ModelVersion extends Spanned {
  readonly contents: ReadonlyMap<string, ModelContent>;
}

/** What is known of a content, by the cuts of reports. */
export interface ContentDetail {
  readonly contentType: string | null;
  readonly author: string | null;
  readonly publisher: string | null;
  readonly publisherKind: string | null;
}

/** What was known of contents at each position of a range: as `cataloguedContents` reads it at one. */
export class PublishedContents {
  private constructor(
    private readonly catalogued: ReadonlyMap<string, Spans<ContentRow>>,
    private readonly models: Spans<ModelVersion>,
  ) {}

  static readonly none = new PublishedContents(new Map(), []);

  static async load(
    { tx, workspace }: View,
    { after, upTo }: PositionRange,
    ids: readonly string[],
  ): Promise<PublishedContents> {
    const within = sql`workspace = ${workspace} AND known_from <= ${upTo} AND (superseded_at IS NULL OR superseded_at > ${after})`;
    const contents = await rows<ContentRow>(
      tx,
      sql`SELECT content_id, type, author, publisher, publisher_kind, known_from, superseded_at
          FROM touchline.content WHERE content_id = ANY(${ids}::text[]) AND ${within}`,
    );
    const models = await rows<ModelRow>(
      tx,
      sql`SELECT document -> 'contents' AS contents, known_from, superseded_at FROM touchline.journey_model WHERE ${within}`,
    );
    return new PublishedContents(
      Map.groupBy(spansOf(contents), ({ content_id }) => content_id),
      spansOf(models.map((model) => ({ ...model, contents: firstById(model.contents ?? []) }))),
    );
  }

  at(id: string, position: bigint): ContentDetail {
    const [own] = trueAt(this.catalogued.get(id) ?? [], position);
    const [model] = trueAt(this.models, position);
    const entry = model?.contents.get(id);
    return {
      contentType: own?.type ?? entry?.type ?? null,
      author: own?.author ?? entry?.author ?? null,
      publisher: own?.publisher ?? entry?.publisher ?? null,
      publisherKind: own?.publisher_kind ?? entry?.publisher ?? null,
    };
  }

  /** Where one of these contents was catalogued anew. */
  changes(ids: ReadonlySet<string>, { after, upTo }: PositionRange): bigint[] {
    return [...ids].flatMap((id) => {
      const versions = this.catalogued.get(id) ?? [];
      return versions.map(({ from }) => from).filter((from) => from > after && from <= upTo);
    });
  }
}

/** An entry for each page of a site names no content. */
function firstById(contents: readonly ModelContent[]): ReadonlyMap<string, ModelContent> {
  const named = contents.filter(({ eachPage }) => eachPage !== true);
  return new Map(named.toReversed().map((content) => [content.id, content]));
}
