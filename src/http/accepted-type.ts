import Negotiator from 'negotiator';

/** Of the media types offered, the one that an `Accept` header prefers, of equals the first; undefined: it takes none of them. */
export function acceptedType<T extends string>(
  accept: string | undefined,
  offered: readonly T[],
): T | undefined {
  // All text is UTF-8, so who names that names the type.
  const named = new Map<string, T>(
    offered.flatMap((type) => [
      [type, type],
      [`${type};charset=utf-8`, type],
    ]),
  );
  const headers = accept?.trim() ? { accept } : {};
  const preferred = new Negotiator({ headers }).mediaType([...named.keys()]);
  return preferred === undefined ? undefined : named.get(preferred);
}
