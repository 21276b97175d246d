/** The text of src/domain/referrer-hosts.json by the installed package. */
export function generated(): string;
