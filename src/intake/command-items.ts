import type { KeptItem } from './pipeline.js';
import type { ReplayResult } from './rejected.js';

/** A rejected item that no wire format has. */
export interface CommandItem extends KeptItem {
  readonly workspace: string;
  /** As its row of `rejected` names it. */
  readonly format: string;
}

type Unnamed<Result> = Result extends ReplayResult ? Omit<Result, 'id'> : never;

/** Decides items that no wire format has, such as rows of a list of contents: the commands do, behind this port. */
export interface CommandItems {
  readonly formats: readonly string[];
  /**
   * Decides an item. Safe to repeat: what was decided for the same occasion is not decided again.
   *
   * @throws StoreUnavailable
   */
  decide(item: CommandItem, now: Date): Promise<Unnamed<ReplayResult>>;
}

/** Injection token of the process's CommandItems. */
export const COMMAND_ITEMS = Symbol('CommandItems');
