import { isDeepStrictEqual } from 'node:util';
import type { PoolClient } from 'pg';
import {
  accountTraits,
  type AccountState,
  observeAccount,
  ownsDomainBefore,
  textOf,
} from '../../domain/account.js';
import type { Position, RecordedEvent } from '../../domain/events.js';
import { jsonText } from '../../read-models/column-types.js';
import { runStatements } from '../../read-models/statements.js';
import { standing, startingAt, VersionWriter } from '../../read-models/versioned-table.js';
import { ACCOUNT, type AccountRow } from './rows.js';

interface Account {
  readonly workspace: string;
  readonly accountId: string;
  state: AccountState | undefined;
  row: AccountRow | undefined;
}

/** The account of an e-mail domain from a position on. */
type DomainAccount = readonly { readonly from: Position; readonly accountId: string | undefined }[];

const id = (workspace: string, value: string): string => `${workspace}\0${value}`;

/**
 * The accounts of a batch. They depend on nothing but `AccountObserved`, so the whole batch is applied to them first;
 * the account of each e-mail domain at each position is kept, for the leads that are applied after.
 */
export class Accounts {
  readonly versions = new VersionWriter<AccountRow>(ACCOUNT);
  readonly #accounts = new Map<string, Account>();
  readonly #domainAccounts = new Map<string, DomainAccount>();
  readonly #changed = new Set<Account>();

  constructor(readonly tx: PoolClient) {}

  /** Applies the events. @returns those that changed the account of a domain, with the domains. */
  async observe(
    events: readonly { readonly event: RecordedEvent<'AccountObserved'>; readonly position: Position }[],
  ): Promise<
    readonly {
      readonly position: Position;
      readonly workspace: string;
      readonly domains: readonly string[];
    }[]
  > {
    await this.#load(events.map(({ event }) => event));
    const changes = [];
    for (const { event, position } of events) {
      const domains = this.#apply(event, position);
      if (domains.length > 0) changes.push({ position, workspace: event.workspace, domains });
    }
    return changes;
  }

  /** Reads the accounts of domains that were not read before. */
  async know(domains: readonly { readonly workspace: string; readonly domain: string }[]): Promise<void> {
    const missing = domains.filter(
      ({ workspace, domain }) => !this.#domainAccounts.has(id(workspace, domain)),
    );
    if (missing.length === 0) return;
    const { rows } = await this.tx.query<{
      workspace: string;
      domain: string;
      account_id: string;
      state: AccountState;
    }>(
      `SELECT a.workspace, a.domain, a.account_id, a.state
         FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[])) AS w (workspace, domain)
         JOIN account_state a USING (workspace, domain)`,
      [missing.map(({ workspace }) => workspace), missing.map(({ domain }) => domain)],
    );
    for (const row of rows) this.#remember(row.workspace, row.account_id, row.state);
    for (const { workspace, domain } of missing) this.#resolveDomain(workspace, domain, 0n);
  }

  isKnown(workspace: string, domain: string): boolean {
    return this.#domainAccounts.has(id(workspace, domain));
  }

  /** The observed account of a domain at a position. */
  of(workspace: string, domain: string, at: Position): string | undefined {
    return this.#domainAccounts.get(id(workspace, domain))?.findLast(({ from }) => from <= at)?.accountId;
  }

  async write(healing: boolean): Promise<void> {
    await runStatements(this.tx, this.versions.flush(healing));
    const changed = [...this.#changed].map(({ workspace, accountId, state }) => ({
      workspace,
      account_id: accountId,
      domain: state?.domain?.[0] ?? null,
      state,
    }));
    this.#changed.clear();
    if (changed.length === 0) return;
    await this.tx.query(
      `INSERT INTO account_state (workspace, account_id, domain, state)
       SELECT workspace, account_id, domain, state
         FROM jsonb_to_recordset($1::jsonb) AS r (workspace text, account_id text, domain text, state jsonb)
           ON CONFLICT (workspace, account_id) DO UPDATE SET domain = excluded.domain, state = excluded.state`,
      [jsonText(changed)],
    );
  }

  async #load(events: readonly RecordedEvent<'AccountObserved'>[]): Promise<void> {
    if (events.length === 0) return;
    const { rows } = await this.tx.query<{ workspace: string; account_id: string; state: AccountState }>(
      `SELECT a.workspace, a.account_id, a.state
         FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[])) AS w (workspace, account_id)
         JOIN account_state a USING (workspace, account_id)`,
      [events.map(({ workspace }) => workspace), events.map(({ data }) => data.accountId)],
    );
    for (const row of rows) this.#remember(row.workspace, row.account_id, row.state);
    const domains = events.flatMap(({ workspace, data }) =>
      data.domain ? [{ workspace, domain: data.domain }] : [],
    );
    const had = rows.flatMap(({ workspace, state }) =>
      typeof state.domain?.[0] === 'string' ? [{ workspace, domain: state.domain[0] }] : [],
    );
    await this.know([...domains, ...had]);
  }

  #remember(workspace: string, accountId: string, state: AccountState): void {
    const key = id(workspace, accountId);
    if (!this.#accounts.has(key)) {
      this.#accounts.set(key, { workspace, accountId, state, row: storedRow(workspace, accountId, state) });
    }
  }

  #apply(event: RecordedEvent<'AccountObserved'>, position: Position): string[] {
    const { workspace, data } = event;
    const key = id(workspace, data.accountId);
    const account = this.#accounts.get(key) ?? {
      workspace,
      accountId: data.accountId,
      state: undefined,
      row: undefined,
    };
    this.#accounts.set(key, account);
    const before = account.state;
    account.state = observeAccount(before, data, { at: +event.occurredAt, id: event.id });
    if (account.state === before) return [];
    this.#changed.add(account);
    this.#version(account, account.state, position);
    const domains = [before?.domain?.[0], account.state.domain?.[0]].filter(
      (each) => typeof each === 'string',
    );
    return [...new Set(domains)].filter((domain) => this.#resolveDomain(workspace, domain, position));
  }

  #version(account: Account, state: AccountState, position: Position): void {
    const row = rowOf(account.workspace, account.accountId, state, position);
    const { row: before } = account;
    if (before && isDeepStrictEqual(shown(before), shown(row))) return;
    account.row = this.versions.replace(before, row, position);
  }

  /** Resolves the account of a domain. @returns whether it changed */
  #resolveDomain(workspace: string, domain: string, from: Position): boolean {
    const key = id(workspace, domain);
    const candidates = [...this.#accounts.values()].filter(
      (account): account is Account & { readonly state: AccountState } =>
        account.workspace === workspace && account.state?.domain?.[0] === domain,
    );
    const [owner] = candidates.toSorted((a, b) => (ownsDomainBefore(a, b) ? -1 : 1));
    const accountId = owner?.accountId;
    const before = this.#domainAccounts.get(key);
    if (before && before.at(-1)?.accountId === accountId) return false;
    this.#domainAccounts.set(key, [...(before ?? []), { from, accountId }]);
    return before !== undefined;
  }
}

function rowOf(workspace: string, accountId: string, state: AccountState, knownFrom: Position): AccountRow {
  return {
    workspace,
    accountId,
    name: textOf(state.name),
    domain: textOf(state.domain),
    traits: accountTraits(state),
    firstSeenAt: state.firstSeen.at,
    ...startingAt(knownFrom),
  };
}

const storedRow = (workspace: string, accountId: string, state: AccountState): AccountRow => ({
  ...rowOf(workspace, accountId, state, 0n),
  ...standing(),
});

const shown = ({ name, domain, traits, firstSeenAt }: AccountRow): unknown => ({
  name,
  domain,
  traits,
  firstSeenAt,
});
