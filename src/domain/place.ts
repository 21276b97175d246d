/** The parts of a URL that identify an origin: `site` is the registrable domain of `host`. */
export interface Place {
  readonly host: string;
  readonly site: string;
  /** Left out where it is `/`. */
  readonly path?: string;
}
