import type { HookSelection } from '../../domain/engagement/hook-counts.js';
import type { InfluenceSelection } from '../../domain/engagement/influence-selection.js';

/** The rows that are counted: those of a workspace at a position, as a transaction sees them. */
export interface EngagementScope {
  readonly workspace: string;
  readonly asOf: bigint;
  /** Of the transaction, which stays open meanwhile. */
  readonly snapshot: string;
  /** Another version of the read models may have other rows at a position. */
  readonly version: string;
  /** Of months: the one in force at the position. */
  readonly timeZone: string;
}

/** Rows of a report in its order, from a first one up to another; or those of one content, which the report is cut by first. */
export type RowRange = { readonly start: number; readonly end: number } | { readonly content: string };

export interface EngagementQuery<Selection> {
  readonly scope: EngagementScope;
  readonly selection: Selection;
  readonly range: RowRange;
}

/** A cell of a report. */
export interface EngagementCell {
  readonly keys: readonly (string | null)[];
  readonly title: string | null;
}

export interface HookCell extends EngagementCell {
  readonly buyers: number;
  readonly touches: number;
}

export interface InfluenceCell extends EngagementCell {
  readonly leads: number;
  /** Times that a lead touched the content in a stage and month, with others that did not to compare it to. */
  readonly compared: number;
  /** Of these, those that advanced in time. */
  readonly advanced: number;
  /** How many of `compared` would have advanced, had they done so as often as those that did not touch it. */
  readonly expected: number;
}

export interface CellRange<Cell> {
  readonly cells: readonly Cell[];
  /** Of the whole report. */
  readonly total: number;
}

/** Counts what leads did. Methods fail as the database does, and with StoreUnavailable where the same may succeed later. */
export interface Engagement {
  hooks(query: EngagementQuery<HookSelection>): Promise<CellRange<HookCell>>;
  influence(query: EngagementQuery<InfluenceSelection>): Promise<CellRange<InfluenceCell>>;
}

export const ENGAGEMENT = Symbol('Engagement');
