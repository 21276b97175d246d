import type { PoolClient } from 'pg';
import type { ColumnType } from '../../read-models/column-types.js';
import { lookUp } from '../../read-models/lookup.js';
import type { Statement } from '../../read-models/statements.js';
import type { Table } from '../../read-models/table.js';

interface StateColumns<State> {
  readonly workspace: ColumnType<string>;
  readonly id: ColumnType<string>;
  readonly state: ColumnType<State>;
}

interface Kept<State> {
  readonly workspace: string;
  readonly id: string;
  state: State;
  readonly isStored: boolean;
  isChanged: boolean;
}

const nameOf = (workspace: string, id: string): string => `${workspace}\0${id}`;

/** States of one batch by workspace and id: read together, replaced in memory, written together. */
export class StateTable<State> {
  readonly #kept = new Map<string, Kept<State>>();

  /** @param initial of what has no row */
  constructor(
    private readonly table: Table<Pick<StateColumns<State>, keyof StateColumns<State>>>,
    private readonly initial: State,
  ) {}

  async load(
    tx: PoolClient,
    wanted: readonly { readonly workspace: string; readonly id: string }[],
  ): Promise<void> {
    const unread = new Map(
      wanted.flatMap(({ workspace, id }) => {
        const name = nameOf(workspace, id);
        return this.#kept.has(name) ? [] : [[name, { workspace, value: id }]];
      }),
    );
    if (unread.size === 0) return;
    for (const row of await lookUp(tx, this.table, ['id', 'text[]'], [...unread.values()]))
      this.#kept.set(nameOf(row.workspace, row.id), { ...row, isStored: true, isChanged: false });
  }

  get(workspace: string, id: string): State {
    return this.#kept.get(nameOf(workspace, id))?.state ?? this.initial;
  }

  set(workspace: string, id: string, state: State): void {
    const kept = this.#kept.get(nameOf(workspace, id));
    if (!kept) {
      this.#kept.set(nameOf(workspace, id), { workspace, id, state, isStored: false, isChanged: true });
    } else if (kept.state !== state) {
      kept.state = state;
      kept.isChanged = true;
    }
  }

  /** What writes the states that are others than before. */
  flush(): readonly Statement[] {
    const changed = [...this.#kept.values()].filter(({ isChanged }) => isChanged);
    return [
      ...this.table.update(
        changed.filter(({ isStored }) => isStored),
        ['state'],
      ),
      ...this.table.insert(changed.filter(({ isStored }) => !isStored)),
    ];
  }
}
