import { randomUUID } from 'node:crypto';

const START = randomUUID().slice(0, -1);

/** A process keeps compiled rules by their ids, so each test file has ids of its own. @param nth 0 to 9 */
export const ruleId = (nth: number): string => `${START}${nth}`;
