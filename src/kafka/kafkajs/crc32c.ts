/** Castagnoli's polynomial, reversed. */
const POLYNOMIAL = 0x82f63b78;
const STEP = 8;

/** Entry k * 256 + b: what byte b adds when k bytes of a step follow it. */
const TABLE = new Int32Array(STEP * 256);
for (let byte = 0; byte < 256; byte += 1) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  TABLE[byte] = crc;
}
const entry = (k: number, byte: number): number => TABLE[(k << 8) | (byte & 0xff)] ?? 0;
for (let k = 1; k < STEP; k += 1)
  for (let byte = 0; byte < 256; byte += 1)
    TABLE[(k << 8) | byte] = (entry(k - 1, byte) >>> 8) ^ entry(0, entry(k - 1, byte));

/** CRC-32C, eight bytes a step: a fifth of the time of publishing went into one byte a step. 32 bits, unsigned. */
export function crc32c(bytes: Uint8Array): number {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = bytes.length - (bytes.length % STEP);
  let crc = -1;
  let at = 0;
  for (; at < whole; at += STEP) {
    const a = crc ^ words.getInt32(at, true);
    const b = words.getInt32(at + 4, true);
    crc = entry(7, a) ^ entry(6, a >>> 8) ^ entry(5, a >>> 16) ^ entry(4, a >>> 24);
    crc ^= entry(3, b) ^ entry(2, b >>> 8) ^ entry(1, b >>> 16) ^ entry(0, b >>> 24);
  }
  for (; at < bytes.length; at += 1) crc = (crc >>> 8) ^ entry(0, crc ^ words.getUint8(at));
  return ~crc >>> 0;
}
