/** A web address as far as it tells where somebody came from: `site` is the registrable domain of `host`. */
export interface Place {
  readonly host: string;
  readonly site: string;
  /** Left out where it is `/`. */
  readonly path?: string;
}
