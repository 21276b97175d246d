import type { PoolClient } from 'pg';
import { isEvent, type Position, type RecordedEvent } from '../../domain/events.js';
import { matchTest } from '../../domain/verdict/rule-match.js';
import type { VerdictRule } from '../../domain/verdict/rule.js';
import { jsonText } from '../../read-models/column-types.js';

/** A rule that decides about a touchpoint. */
export type RuleInForce = Pick<VerdictRule, 'ruleId' | 'verdict'>;

interface Compiled extends RuleInForce {
  readonly matches: ReturnType<typeof matchTest>;
}

/** The newest first. */
export type RuleSet = readonly Compiled[];
const NO_RULES: RuleSet = [];

export type RuleEvent = RecordedEvent<'VerdictRulePublished' | 'VerdictRuleWithdrawn'>;
export const isRuleEvent = (event: RecordedEvent): event is RuleEvent =>
  isEvent(event, 'VerdictRulePublished', 'VerdictRuleWithdrawn');

/** The first rule that a touchpoint matches. */
export const decidingRule = (
  rules: RuleSet,
  event: RecordedEvent<'TouchpointRecorded'>,
): RuleInForce | undefined => rules.find(({ matches }) => matches(event));

const compile = ({ ruleId, verdict, match }: VerdictRule): Compiled => ({
  ruleId,
  verdict,
  matches: matchTest(match),
});

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
    return rules.length > 0 && isEvent(event, 'TouchpointRecorded') ? decidingRule(rules, event) : undefined;
  }

  async load(workspaces: readonly string[]): Promise<void> {
    const { rows } = await this.tx.query<{ workspace: string; rule: VerdictRule }>(
      `SELECT workspace, rule FROM verdict_rule WHERE workspace = ANY($1) AND superseded_at IS NULL
        ORDER BY version DESC`,
      [workspaces],
    );
    for (const [workspace, own] of Map.groupBy(rows, (row) => row.workspace))
      this.#inForce.set(
        workspace,
        own.map(({ rule }) => compile(rule)),
      );
  }

  /** Puts a rule in force, or out of it. @throws when its parts cannot be compiled */
  async change(event: RuleEvent, position: Position): Promise<void> {
    const { workspace, id, version, occurredAt } = event;
    const before = this.of(workspace);
    if (isEvent(event, 'VerdictRuleWithdrawn')) {
      const { ruleId } = event.data;
      this.#inForce.set(
        workspace,
        before.filter((rule) => rule.ruleId !== ruleId),
      );
      await this.tx.query(
        `UPDATE verdict_rule SET superseded_at = $3 WHERE workspace = $1 AND rule_id = $2 AND superseded_at IS NULL`,
        [workspace, ruleId, String(position)],
      );
      return;
    }
    const { rule } = event.data;
    this.#inForce.set(workspace, [compile(rule), ...before]);
    await this.tx.query(
      `INSERT INTO verdict_rule (workspace, rule_id, version, rule, event_id, published_at, known_from)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [workspace, rule.ruleId, version, jsonText(rule), id, occurredAt, String(position)],
    );
  }
}
