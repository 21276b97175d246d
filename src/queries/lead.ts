import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { readRequestOf, POSITION_PARAMETERS } from './page-request.js';
import {
  Answer,
  Instant,
  MaybeInstant,
  MaybeNested,
  MaybeText,
  Decimal,
  Texts,
  Bool,
  Uuid,
  Integer,
  Enum,
} from './response-fields.js';
import {
  CONSENT_REASONS,
  CONSENT_STATUSES,
  type ConsentReason,
  type ConsentStatus,
} from '../domain/events.js';
import { leadColumns, lifecycleOf, LIFECYCLE_PROJECTIONS, leadRows, scoreNow } from './lead-rows.js';
import { leadItem, type LeadRow } from './leads.js';
import { LIFECYCLES } from '../domain/lifecycle.js';
import { Params, type RawParams } from './params.js';
import { type ReadRequest, ReadModels, type View } from './read-models.js';
import { validAt } from './valid-at.js';
import { firstRow, sql } from './sql.js';
import { leadNotFound, resolveLead } from './resolve-lead.js';

export class EmailConsent {
  @Enum('The latest of all its addresses', CONSENT_STATUSES) status!: string;
  @Enum('`crm`: somebody set it in the CRM; `list`: an imported list says so', CONSENT_REASONS)
  reason!: string;
  @Instant('Since when') at!: Date;
  @Uuid('The event that says so') eventId!: string;
}

export class LeadAnswer extends Answer {
  @Uuid('Current id of the lead, also if it was requested by an alias') leadId!: string;
  @Bool('Whether the person has a known key (email, user, CRM)') known!: boolean;
  @MaybeText('Its e-mail address') email!: string | null;
  @MaybeText('Its user id') userId!: string | null;
  @MaybeText('Name, from the latest traits') name!: string | null;
  @MaybeText('Job title, from the latest traits') title!: string | null;
  @MaybeText('The company') accountId!: string | null;
  @MaybeText('Persona by the rules of the model') persona!: string | null;
  @MaybeText('Buying stage; null before the first') stage!: string | null;
  @Enum('State of the lead in our process', LIFECYCLES) lifecycle!: string;
  @Decimal('Score as of `asOf`, two decimals') score!: number;
  @MaybeText('Fit, A to F') grade!: string | null;
  @MaybeInstant('First touchpoint') firstTouchAt!: Date | null;
  @MaybeInstant('Last touchpoint') lastTouchAt!: Date | null;
  @Integer('Touchpoints of all kinds and verdicts but superseded versions of activities')
  touchpoints!: number;
  @Integer(
    'Version of the journey model that it is computed with; below `modelVersion` until that has reached it',
  )
  leadModelVersion!: number;
  @MaybeNested('Whether it may be sent mail; null: nothing was ever said of it', () => EmailConsent)
  emailConsent!: EmailConsent | null;
  @Texts('Keys of the person; an anonymous id of a shared computer belongs to its latest owner')
  keys!: string[];
  @Texts('Former and other ids of the lead') aliases!: string[];
}

export class FindLead extends Query<LeadAnswer> {
  readonly request: ReadRequest;

  /** @param named a lead id, an alias or a key. @throws Problem 400 */
  constructor(
    workspace: string,
    readonly named: string,
    given: RawParams,
  ) {
    super();
    const params = new Params(given, POSITION_PARAMETERS);
    this.request = readRequestOf(workspace, params);
    params.check();
  }
}

interface Row extends LeadRow {
  user_id: string | null;
  email_consent: ConsentStatus | null;
  email_consent_reason: ConsentReason;
  email_consent_at: Date;
  email_consent_event_id: string;
  keys: string[];
  aliases: string[];
}

@QueryHandler(FindLead)
export class FindLeadHandler implements IQueryHandler<FindLead> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, named }: FindLead): Promise<LeadAnswer> {
    return this.models.view(request, LIFECYCLE_PROJECTIONS, async (view) => {
      const row = await leadRow(view, await resolveLead(view, named));
      if (row === undefined) throw leadNotFound(view, named);
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        ...leadItem(row),
        userId: row.user_id,
        emailConsent: consentOf(row),
        keys: row.keys,
        aliases: row.aliases,
      };
    });
  }
}

const consentOf = ({ email_consent: status, ...row }: Row): EmailConsent | null =>
  status === null
    ? null
    : {
        status,
        reason: row.email_consent_reason,
        at: row.email_consent_at,
        eventId: row.email_consent_event_id,
      };

const leadRow = async (view: View, leadId: string): Promise<Row | undefined> =>
  firstRow<Row>(
    view.tx,
    sql`
    SELECT ${leadColumns(view)}, ${lifecycleOf(view, 'l')} AS lifecycle, ${scoreNow(view, 'l')} AS score,
           p.user_id, p.name, p.title,
           p.email_consent, p.email_consent_reason, p.email_consent_at, p.email_consent_event_id,
           ARRAY(SELECT k.key FROM touchline.identity_key k
                 WHERE k.workspace = p.workspace AND k.lead_id = l.lead_id AND ${validAt('k', view.asOf)}
                 ORDER BY k.key COLLATE "C") AS keys,
           ARRAY(SELECT DISTINCT k.own_lead_id FROM touchline.identity_key k
                 WHERE k.workspace = p.workspace AND k.lead_id = l.lead_id AND k.own_lead_id <> l.lead_id
                   AND ${validAt('k', view.asOf)}
                 ORDER BY k.own_lead_id)::text[] AS aliases
    FROM (${await leadRows(view)}) l
    JOIN touchline.lead_profile p
      ON p.workspace = ${view.workspace} AND p.lead_id = l.lead_id AND ${validAt('p', view.asOf)}
    WHERE l.lead_id = ${leadId}::uuid`,
  );
