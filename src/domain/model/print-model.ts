import { stringify } from 'yaml';
import { MODEL_SCHEMA } from './document-shape.js';
import type { JourneyModel } from './journey-model.js';

const PARTS = Object.keys(MODEL_SCHEMA['properties'] as object);

/** A model as YAML, in the order of its documentation, whichever way it was written. */
export function printModel(model: JourneyModel): string {
  const parts = Object.entries(model).toSorted(([a], [b]) => PARTS.indexOf(a) - PARTS.indexOf(b));
  return stringify(Object.fromEntries(parts));
}
