/** Names the checkpoint of one build, its tables and its dead letters. */
export interface BuildKey {
  readonly name: string;
  /** A number. */
  readonly build: string;
}

/** The schema of a build's tables (migration 0049). */
export const buildSchema = ({ name, build }: BuildKey): string => `touchline_${name}_${build}`;

/**
 * A build is worked in with its own tables first, then those of the builds that become live with it; all others are found in
 * schema touchline, whose names are those of the live builds.
 */
export const searchPath = (...builds: readonly BuildKey[]): string =>
  [...builds.map(buildSchema), 'touchline', 'public'].join(',');
