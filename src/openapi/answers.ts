/** Real answers by route and media type; written by document.spec.ts with UPDATE_ANSWERS=1. */
export const ANSWERS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {};
