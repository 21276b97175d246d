export type EmbeddedDatabaseFault =
  'unsupported-platform' | 'in-use' | 'permission' | 'disk-full' | 'port-taken' | 'wrong-version' | 'failed';

/** The embedded PostgreSQL cannot run. The message is one line a person can act on. */
export class EmbeddedDatabaseError extends Error {
  override readonly name = 'EmbeddedDatabaseError';
  readonly code: EmbeddedDatabaseFault;

  constructor(code: EmbeddedDatabaseFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Names a file-system or PostgreSQL failure by what it says; an EmbeddedDatabaseError is passed through. */
export function describeError(error: unknown, doing: string): EmbeddedDatabaseError {
  if (error instanceof EmbeddedDatabaseError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (/ENOSPC|EDQUOT|No space left|Disk quota exceeded/i.test(text))
    return new EmbeddedDatabaseError('disk-full', `${doing}: the disk is full`, { cause: error });
  if (/EACCES|EPERM|EROFS|Permission denied|not permitted|Read-only file system|wrong ownership/i.test(text))
    return new EmbeddedDatabaseError('permission', `${doing}: ${text}`, { cause: error });
  if (/user does not exist|could not look up effective user/i.test(text))
    return new EmbeddedDatabaseError(
      'permission',
      `${doing}: user id ${process.getuid?.() ?? '?'} has no entry in /etc/passwd, which PostgreSQL needs; add one or set DATABASE_URL`,
      { cause: error },
    );
  return new EmbeddedDatabaseError('failed', `${doing}: ${text}`, { cause: error });
}
