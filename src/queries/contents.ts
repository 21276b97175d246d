import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type ContentCell, PUBLISHER_KINDS, type PublisherKind } from '../domain/catalogue-events.js';
import { ANY_TEXT } from './cursor.js';
import { PAGE_PARAMETERS, pageOf, type PageRequest, pageRequestOf } from './page-request.js';
import { Params, type RawParams } from './params.js';
import { ReadModels } from './read-models.js';
import {
  Enum,
  LogPosition,
  MaybeNested,
  MaybeText,
  NestedList,
  PageAnswer,
  Text,
} from './response-fields.js';
import { allOf, rows, sql } from './sql.js';
import { validAt } from './valid-at.js';

export class PublisherItem {
  @Text('Name') name!: string;
  @Enum('Whose it is', PUBLISHER_KINDS) kind!: PublisherKind;
}

export class ContentCellItem {
  @Text('Persona') persona!: string;
  @Text('Buying stage of that persona') stage!: string;
}

export class CataloguedContentItem {
  @Text('Id, as touchpoints name it') contentId!: string;
  @MaybeText('Title') title!: string | null;
  @MaybeText('Type') type!: string | null;
  @MaybeText('Author') author!: string | null;
  @MaybeNested('Publisher', () => PublisherItem) publisher!: PublisherItem | null;
  @MaybeText('URL') url!: string | null;
  @NestedList('Which personas it serves in which buying stages', () => ContentCellItem)
  serves!: ContentCellItem[];
  @LogPosition('Position of the event that described it') position!: string;
}

export class ContentsAnswer extends PageAnswer {
  @NestedList('Catalogued contents by id', () => CataloguedContentItem) items!: CataloguedContentItem[];
}

export class FindContents extends Query<ContentsAnswer> {
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, PAGE_PARAMETERS);
    this.request = pageRequestOf(workspace, params, { name: 'contents', given, shapes: [ANY_TEXT] });
  }
}

interface ContentRow {
  content_id: string;
  title: string | null;
  type: string | null;
  author: string | null;
  publisher: string | null;
  publisher_kind: PublisherKind | null;
  url: string | null;
  serves: ContentCell[];
  known_from: string;
}

@QueryHandler(FindContents)
export class FindContentsHandler implements IQueryHandler<FindContents> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request }: FindContents): Promise<ContentsAnswer> {
    const [id] = request.after ?? [];
    return this.models.view(request, ['catalogue'], async (view) => {
      const found = await rows<ContentRow>(
        view.tx,
        sql`
        SELECT c.content_id, c.title, c.type, c.author, c.publisher, c.publisher_kind, c.url, c.serves, c.known_from
        FROM touchline.content c
        WHERE c.workspace = ${view.workspace} AND ${validAt('c', view.asOf)}
          AND ${allOf([id === undefined ? undefined : sql`c.content_id COLLATE "C" > ${id}`])}
        ORDER BY c.content_id COLLATE "C"
        LIMIT ${request.limit + 1}`,
      );
      const { page, next } = pageOf(request, view, found, (row) => [row.content_id]);
      return { asOf: String(view.asOf), modelVersion: view.modelVersion, items: page.map(item), next };
    });
  }
}

const item = (row: ContentRow): CataloguedContentItem => ({
  contentId: row.content_id,
  title: row.title,
  type: row.type,
  author: row.author,
  publisher: row.publisher && row.publisher_kind ? { name: row.publisher, kind: row.publisher_kind } : null,
  url: row.url,
  serves: row.serves.map(({ persona, stage }) => ({ persona, stage })),
  position: row.known_from,
});
