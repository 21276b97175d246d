import type { Format } from '../format.js';

/**
 * Every wire format; a new one is its file, a line here, its routes and fixture pairs in test/formats/<name>. Loaded when it
 * is asked for: Protobuf takes 8 MB, and most servers never meet it.
 */
const FORMATS: Readonly<Record<string, () => Promise<Format>>> = {
  native: async () => (await import('./native.js')).native,
  segment: async () => (await import('./segment.js')).segment,
  protobuf: async () => (await import('./protobuf.js')).protobuf,
  cloudevents: async () => (await import('./cloudevents.js')).cloudevents,
};

export const FORMAT_NAMES = Object.keys(FORMATS);

export const formatNamed = async (name: string): Promise<Format | undefined> =>
  Object.hasOwn(FORMATS, name) ? FORMATS[name]?.() : undefined;
