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
