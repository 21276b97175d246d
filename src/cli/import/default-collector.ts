/** What events name that are not of a configured collector. */
export const DEFAULT_COLLECTOR = 'import';
