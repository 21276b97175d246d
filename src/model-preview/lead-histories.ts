import type pg from 'pg';
import { withTransaction } from '../database/client.js';
import type { Position } from '../domain/events.js';
import type { LeadHistory } from '../domain/lead-preview.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import type { Traits } from '../domain/touchpoint.js';
import { domainsOf, leadAddress } from '../read-models/mail-domain.js';
import { leadKey, loadTouches } from '../read-models/lead-snapshots.js';

/** Leads whose journeys are in memory at the same time. */
const PAGE = 500;

export interface HistoriesRequest {
  readonly workspace: string;
  readonly asOf: Position;
  /** It says which e-mail domains are of companies. */
  readonly model: JourneyModel;
}

interface LeadRow {
  readonly lead_id: string;
  readonly email: string | null;
  readonly traits: Traits;
  readonly known_at: Date | null;
  readonly account_id: string | null;
  readonly account_domain: string | null;
  readonly opted_out_at: Date | null;
  readonly bounced_at: Date | null;
  readonly opened_at: Date | null;
  readonly won: boolean | null;
}

/**
 * All leads of a workspace as of a position, in the order of their ids, a page in a transaction: versions of rows stay, so that
 * nothing has to be held open for the whole of it. The next page is read while one is worked on.
 */
export async function* leadHistories(
  pool: pg.Pool,
  request: HistoriesRequest,
): AsyncGenerator<readonly LeadHistory[]> {
  const read = pageReader(pool, request);
  let next = read(BEFORE_ALL);
  for (;;) {
    const page = await next;
    const last = page.length === PAGE ? page.at(-1) : undefined;
    if (last) {
      next = read(last.leadId);
      // Nobody may wait for it any more: then it is no error of theirs.
      next.catch(() => undefined);
    }
    if (page.length > 0) yield page;
    if (!last) return;
  }
}

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

function pageReader(
  pool: pg.Pool,
  { workspace, asOf, model }: HistoriesRequest,
): (after: string) => Promise<readonly LeadHistory[]> {
  const domainOf = domainsOf(model.mailProviders);
  const leads = leadsQuery(
    (alias) =>
      `${alias}.known_from <= ${asOf} AND (${alias}.superseded_at IS NULL OR ${alias}.superseded_at > ${asOf})`,
  );
  const moment = { asOf, halfLifeDays: model.scoring.halfLifeDays };
  return (after) =>
    withTransaction(
      pool,
      async (tx) => {
        const { rows } = await tx.query<LeadRow>(leads, [workspace, after, PAGE, asOf]);
        const keys = rows.map(({ lead_id: leadId }) => ({ workspace, leadId }));
        const touches = await loadTouches(tx, keys, moment);
        return rows.map((row): LeadHistory => ({
          leadId: row.lead_id,
          email: row.email,
          traits: row.traits,
          knownAt: row.known_at && +row.known_at,
          emailDomain: (row.email === null ? undefined : domainOf(row.email)) ?? null,
          account: row.account_id === null ? null : { id: row.account_id, domain: row.account_domain },
          optedOutAt: row.opted_out_at && +row.opted_out_at,
          address: row.email === null ? null : leadAddress(row.email, row.bounced_at && +row.bounced_at),
          touches: touches.get(leadKey({ workspace, leadId: row.lead_id })) ?? [],
          openedAt: row.opened_at && +row.opened_at,
          won: row.won ?? false,
        }));
      },
      READ_ONLY,
    );
}

const READ_ONLY = `BEGIN READ ONLY; SET LOCAL jit = off; SET LOCAL statement_timeout = '60s'`;

/** A lead is a contact of an opportunity by any of its keys, as in touchline.lifecycle_at. */
const leadsQuery = (valid: (alias: string) => string): string => `
  WITH page AS MATERIALIZED (
    SELECT p.* FROM lead_profile p
    WHERE p.workspace = $1 AND p.lead_id > $2 AND ${valid('p')} ORDER BY p.lead_id LIMIT $3)
  SELECT p.lead_id, p.email, p.traits, p.known_at, p.account_id, account.domain AS account_domain,
    CASE WHEN p.email_consent = 'unsubscribed' THEN p.email_consent_at END AS opted_out_at,
    touchline.email_bounced_at($1, p.lead_id, p.email, $4) AS bounced_at,
    contact.opened_at, contact.won
  FROM page p
  LEFT JOIN LATERAL (
    SELECT a.domain FROM account a
    WHERE a.workspace = $1 AND a.account_id = p.account_id AND ${valid('a')} LIMIT 1
  ) account ON true
  LEFT JOIN LATERAL (
    SELECT min(o.opened_at) AS opened_at, bool_or(o.status = 'won') AS won
    FROM identity_key k
    JOIN opportunity_contact_key ck ON ck.workspace = k.workspace AND ck.key = k.key
    JOIN opportunity_contact c ON c.workspace = ck.workspace AND c.opportunity_id = ck.opportunity_id
      AND ck.key = ANY (c.keys) AND ${valid('c')}
    JOIN opportunity o ON o.workspace = ck.workspace AND o.opportunity_id = ck.opportunity_id AND ${valid('o')}
    WHERE k.workspace = $1 AND k.lead_id = p.lead_id AND ${valid('k')}
  ) contact ON true
  ORDER BY p.lead_id`;
