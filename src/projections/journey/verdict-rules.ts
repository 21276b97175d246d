import { LRUCache } from 'lru-cache';
import type { PoolClient } from 'pg';
import { isEvent, type Position, type RecordedEvent } from '../../domain/events.js';
import { compileRule, RuleSet } from '../../domain/verdict/rule-match.js';
import type { VerdictRule } from '../../domain/verdict/rule.js';
import { jsonText } from '../../read-models/column-types.js';

/** A rule that decides about a touchpoint. */
export type RuleInForce = Pick<VerdictRule, 'ruleId' | 'verdict'>;

const NO_RULES = new RuleSet([]);

export type RuleEvent = RecordedEvent<'VerdictRulePublished' | 'VerdictRuleWithdrawn'>;
export const isRuleEvent = (event: RecordedEvent): event is RuleEvent =>
  isEvent(event, 'VerdictRulePublished', 'VerdictRuleWithdrawn');

/** In characters of rules in JSON, of all workspaces. */
const REMEMBERED = 20_000_000;

/**
 * By workspace, the rules that were in force when it was last read: to read and compile thousands of networks with each batch would
 * hold up all workspaces.
 */
const remembered = new LRUCache<string, RuleSet>({ maxSize: REMEMBERED });

/** The rules in force in the workspaces of a batch, at the position it has come to. */
export class VerdictRules {
  readonly #inForce = new Map<string, RuleSet>();

  constructor(private readonly tx: PoolClient) {}

  of(workspace: string): RuleSet {
    return this.#inForce.get(workspace) ?? NO_RULES;
  }

  /** The rule that decides about an event, if it is a touchpoint; most workspaces have none. */
  for(event: RecordedEvent): RuleInForce | undefined {
    const rules = this.of(event.workspace);
    const isRuled = rules !== NO_RULES && isEvent(event, 'TouchpointRecorded');
    return isRuled ? rules.deciding(event) : undefined;
  }

  async load(workspaces: readonly string[]): Promise<void> {
    const { rows } = await this.tx.query<{ workspace: string; ids: string[] }>(
      `SELECT workspace, array_agg(rule_id ORDER BY version DESC) AS ids FROM verdict_rule
        WHERE workspace = ANY($1) AND superseded_at IS NULL GROUP BY workspace`,
      [workspaces],
    );
    for (const { workspace, ids } of rows) {
      const known = remembered.get(workspace);
      const isSame = known?.rules.map(({ ruleId }) => ruleId).join() === ids.join();
      this.#inForce.set(workspace, known && isSame ? known : await this.#read(workspace));
    }
  }

  async #read(workspace: string): Promise<RuleSet> {
    const { rows } = await this.tx.query<{ rule: VerdictRule; size: number }>(
      `SELECT rule, length(rule::text) AS size FROM verdict_rule WHERE workspace = $1 AND superseded_at IS NULL
        ORDER BY version DESC`,
      [workspace],
    );
    const rules = new RuleSet(rows.map(({ rule }) => compileRule(rule)));
    remembered.set(workspace, rules, { size: rows.reduce((sum, { size }) => sum + size, 1) });
    return rules;
  }

  /** Puts a rule in force, or out of it. @throws when its parts cannot be compiled */
  async change(event: RuleEvent, position: Position): Promise<void> {
    const { workspace, id, version, occurredAt } = event;
    const before = this.of(workspace);
    if (isEvent(event, 'VerdictRuleWithdrawn')) {
      const { ruleId } = event.data;
      this.#inForce.set(workspace, new RuleSet(before.rules.filter((rule) => rule.ruleId !== ruleId)));
      await this.tx.query(
        `UPDATE verdict_rule SET superseded_at = $3 WHERE workspace = $1 AND rule_id = $2 AND superseded_at IS NULL`,
        [workspace, ruleId, String(position)],
      );
      return;
    }
    const { rule } = event.data;
    this.#inForce.set(workspace, new RuleSet([compileRule(rule), ...before.rules]));
    await this.tx.query(
      `INSERT INTO verdict_rule (workspace, rule_id, version, rule, event_id, published_at, known_from)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [workspace, rule.ruleId, version, jsonText(rule), id, occurredAt, String(position)],
    );
  }
}
