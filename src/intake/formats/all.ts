import type { Format } from '../format.js';
import { cloudevents } from './cloudevents.js';
import { native } from './native.js';
import { protobuf } from './protobuf.js';
import { segment } from './segment.js';

/** Every wire format; a new one is its file, a line here, its routes and fixture pairs in test/formats/<name>. */
export const FORMATS: readonly Format[] = [native, segment, protobuf, cloudevents];

export const formatNamed = (name: string): Format | undefined =>
  FORMATS.find((format) => format.name === name);
