/** The text of src/domain/referrer-hosts.ts by the installed package. */
export function generated(): string;
