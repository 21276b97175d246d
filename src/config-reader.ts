/** The trimmed value of a variable; undefined when it is unset or empty. */
export type ReadSetting = (name: string) => string | undefined;
/** Notes an invalid setting. */
export type AddFault = (fault: string) => void;
