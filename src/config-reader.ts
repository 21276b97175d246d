/** The trimmed value of a variable; undefined when it is unset or empty. */
export type Read = (name: string) => string | undefined;
/** Notes an invalid setting. */
export type Fault = (fault: string) => void;
