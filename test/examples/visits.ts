import type { RecordedEvent } from '../../src/domain/events.js';
import type { Projection } from '../../src/subscriptions/subscription.js';

/** What its migration would have. */
export const VISITS_TABLE = `
  CREATE TABLE touchline.example_visit (
    workspace text, person text, position bigint, PRIMARY KEY (workspace, person, position));
  SELECT touchline.add_read_model('example_visits', 'example_visit')`;

/** Each visit of a person, with its position: so that the number of them can be asked as of any position. */
export const visits: Projection = {
  name: 'example_visits',
  version: 1,
  handles: ['TouchpointRecorded'],
  after: [],
  tables: ['example_visit'],
  async apply(batch, tx) {
    await tx.query(
      'INSERT INTO example_visit SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])',
      columnsOf(batch),
    );
  },
};

export const personOf = ({ type, data }: Pick<RecordedEvent, 'type' | 'data'>): string =>
  type === 'TouchpointRecorded' && 'identity' in data ? String(data.identity[0]) : '';

/** Workspace, person and position of each event, as parameters of `unnest`. */
export const columnsOf = (batch: readonly RecordedEvent[]): unknown[] => [
  batch.map(({ workspace }) => workspace),
  batch.map(personOf),
  batch.map(({ position }) => String(position)),
];
