/** CI shares its machine with others and runs at times at a quarter of its speed: what a test waits for is allowed to take longer. */
export const TIMEOUT_FACTOR = process.env.CI === undefined ? 1 : 4;
