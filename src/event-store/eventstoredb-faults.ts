/** The server does not answer, or not to us. It may pass by itself; what became of an append is not known. */
export class EventStoreDbAway extends Error {
  override readonly name = 'EventStoreDbAway';
}

/** EVENTSTOREDB_URL leads to nothing that can hold the log. The message is one line without the password. */
export class EventStoreDbUnusable extends Error {
  override readonly name = 'EventStoreDbUnusable';
}

/** The index says more of a stream than the log holds: one of them was restored from an older backup than the other. */
export class LogDiffers extends Error {
  override readonly name = 'LogDiffers';
}
