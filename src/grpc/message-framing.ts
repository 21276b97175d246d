/** Before each message: a byte that says whether it is compressed, and its length in four. */
export const PREFIX_BYTES = 5;

/** Follows the messages of a call through the pieces that they come in. */
export class MessageFraming {
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  /** Of the message that has begun. */
  #bytesLeft = 0;

  /** Bytes of the messages that begin in this piece, all of them, with their prefixes. */
  begunIn(piece: Buffer): number {
    let begun = 0;
    for (let at = 0; at < piece.length;) {
      if (this.#bytesLeft > 0) {
        const bytes = Math.min(this.#bytesLeft, piece.length - at);
        this.#bytesLeft -= bytes;
        at += bytes;
      } else {
        const bytes = piece.copy(this.#prefix, this.#prefixBytes, at);
        this.#prefixBytes += bytes;
        at += bytes;
        if (this.#prefixBytes < PREFIX_BYTES) break;
        this.#prefixBytes = 0;
        this.#bytesLeft = this.#prefix.readUInt32BE(1);
        begun += PREFIX_BYTES + this.#bytesLeft;
      }
    }
    return begun;
  }
}
