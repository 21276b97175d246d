/** Events read from streams have positions since 22.6; 22.10 is the first long-term release after it. */
const OLDEST = [22, 10] as const;

export const needed = `EventStoreDB ${OLDEST.join('.')} or later is needed`;

export function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
