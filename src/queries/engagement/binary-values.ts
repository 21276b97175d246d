/** Values in the binary form of PostgreSQL, at a place in bytes; each begins with its length, which is -1 for NULL. */

const LENGTH = 4;
export const WORD = 4;

export const after = (bytes: Buffer, at: number): number => at + LENGTH + Math.max(0, bytes.readInt32BE(at));

/** The nth word of a uuid. */
export const wordAt = (bytes: Buffer, at: number, nth: number): number =>
  bytes.readUInt32BE(at + LENGTH + nth * WORD);

/** Microseconds since 2000. */
export const microsAt = (bytes: Buffer, at: number): number =>
  bytes.readInt32BE(at + LENGTH) * 2 ** 32 + bytes.readUInt32BE(at + LENGTH + WORD);

export function textAt(bytes: Buffer, at: number): string | null {
  const length = bytes.readInt32BE(at);
  return length < 0 ? null : bytes.toString('utf8', at + LENGTH, at + LENGTH + length);
}

export const booleanAt = (bytes: Buffer, at: number): boolean => bytes[at + LENGTH] === 1;

const EPOCH_2000_MS = 946_684_800_000;

/** An instant in microseconds since 2000. */
export const microsOf = (instant: Date): number => (instant.getTime() - EPOCH_2000_MS) * 1_000;

/** Days from 1 March of year 0 to 2000, and in 400 years. */
const DAYS_TO_2000 = 730_425;
const DAYS_IN_ERA = 146_097;

/**
 * The month of a date, counted from January of year 0. After H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin with
 * March, so that the leap day is the last.
 */
export function monthAt(bytes: Buffer, at: number): number {
  const day = bytes.readInt32BE(at + LENGTH) + DAYS_TO_2000;
  const era = Math.floor(day / DAYS_IN_ERA);
  const ofEra = day - era * DAYS_IN_ERA;
  const year = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const march = Math.floor((5 * ofYear + 2) / 153);
  return (era * 400 + year) * 12 + march + 2;
}
