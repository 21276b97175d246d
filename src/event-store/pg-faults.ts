import pg from 'pg';

/** SQLSTATE classes of statements that will never succeed: bad data, bad SQL, no right, over a fixed limit. */
const LASTING = /^(0A|21|22|23|28|2F|3D|3F|42|44|54|P0)/;

/** Whether it may pass by itself: a lost connection, a restart, a full disk, a deadlock. */
export function isTransient(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return !LASTING.test(error.code ?? '');
  return !(error instanceof TypeError || error instanceof RangeError);
}
