import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { Problem } from '../http/problem.js';
import { readRequestOf, POSITION_PARAMETERS } from './page-request.js';
import {
  Bool,
  LogPosition,
  MaybeText,
  MaybeUuid,
  NestedList,
  Text,
  Texts,
  Uuid,
  Integer,
} from './response-fields.js';
import {
  OpportunityItem,
  opportunityItem,
  type OpportunityRow,
  opportunityRows,
} from './opportunity-rows.js';
import { Params, type RawParams } from './params.js';
import { type ReadRequest, ReadModels, type View } from './read-models.js';
import { validAt } from './valid-at.js';
import { rows, sql } from './sql.js';

/** One member of the buying committee. */
export class ContactItem {
  @Text('The key of the contact in the CRM') contact!: string;
  @Texts('All keys of the contact') keys!: string[];
  @Text('Role on the committee') role!: string;
  @Bool('Whether the CRM calls it the primary contact of the opportunity') isPrimary!: boolean;
  @MaybeUuid('The lead of the contact; null while no touchpoint or claim has its keys') leadId!:
    string | null;
  @MaybeText('Name, from the latest traits') name!: string | null;
  @Uuid('The event that assigned the role') eventId!: string;
}

export class OpportunityAnswer extends OpportunityItem {
  @LogPosition('The log position as of which the response was computed') asOf!: string;
  @Integer('Version of the journey model at that position; 0 while none is published') modelVersion!: number;
  @NestedList('The committee', () => ContactItem) contacts!: ContactItem[];
  @Uuid('The latest event of the opportunity') eventId!: string;
  @Integer('Number of its changes, without role assignments') version!: number;
}

export class FindOpportunity extends Query<OpportunityAnswer> {
  readonly request: ReadRequest;

  /** @throws Problem 400 */
  constructor(
    workspace: string,
    readonly opportunityId: string,
    given: RawParams,
  ) {
    super();
    const params = new Params(given, POSITION_PARAMETERS);
    this.request = readRequestOf(workspace, params);
    params.check();
  }
}

@QueryHandler(FindOpportunity)
export class FindOpportunityHandler implements IQueryHandler<FindOpportunity> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, opportunityId }: FindOpportunity): Promise<OpportunityAnswer> {
    return this.models.view(request, ['journey', 'opportunities'], async (view) => {
      const row = await findOpportunity(view, opportunityId);
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        ...opportunityItem(row),
        contacts: (await committeesOf(view, [opportunityId])).get(opportunityId) ?? [],
        eventId: row.event_id,
        version: row.version,
      };
    });
  }
}

/** @throws Problem 404 `opportunity-not-found` */
export async function findOpportunity(view: View, opportunityId: string): Promise<OpportunityRow> {
  const named = sql`o.opportunity_id = ${opportunityId}`;
  const [row] = opportunityId.includes('\0') ? [] : await opportunityRows(view, named);
  if (row) return row;
  const detail = `The opportunity ${opportunityId} does not exist at position ${view.asOf}`;
  throw new Problem(404, 'opportunity-not-found', detail);
}

interface ContactRow {
  opportunity_id: string;
  contact: string;
  keys: string[];
  role: string;
  is_primary: boolean;
  event_id: string;
  lead_id: string | null;
  name: string | null;
}

/** The committees of opportunities, by opportunity id. */
export async function committeesOf(
  { tx, workspace, asOf }: View,
  opportunityIds: readonly string[],
): Promise<Map<string, ContactItem[]>> {
  const contacts = await rows<ContactRow>(
    tx,
    sql`
    SELECT c.opportunity_id, c.contact, c.keys, c.role, c.is_primary, c.event_id, person.lead_id, person.name
    FROM touchline.opportunity_contact c
    LEFT JOIN LATERAL (
      SELECT k.lead_id, p.name
      FROM touchline.identity_key k
      JOIN touchline.lead_profile p
        ON p.workspace = k.workspace AND p.lead_id = k.lead_id AND ${validAt('p', asOf)}
      WHERE k.workspace = c.workspace AND k.key = ANY(c.keys) AND ${validAt('k', asOf)}
      ORDER BY array_position(c.keys, k.key) LIMIT 1) person ON true
    WHERE c.workspace = ${workspace} AND c.opportunity_id = ANY(${opportunityIds}::text[]) AND ${validAt('c', asOf)}
    ORDER BY c.opportunity_id COLLATE "C", c.contact COLLATE "C"`,
  );
  const grouped = Map.groupBy(contacts, ({ opportunity_id }) => opportunity_id);
  return new Map([...grouped].map(([id, members]) => [id, members.map(contactItem)]));
}

const contactItem = (row: ContactRow): ContactItem => ({
  contact: row.contact,
  keys: row.keys,
  role: row.role,
  isPrimary: row.is_primary,
  leadId: row.lead_id,
  name: row.name,
  eventId: row.event_id,
});
