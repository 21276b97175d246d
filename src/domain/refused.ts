/** A rule of the domain that a command broke. `code` is stable and public (RFC 9457 `code`); `path` names the field. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(
    readonly code: string,
    message: string,
    readonly path?: string,
  ) {
    super(message);
  }
}
