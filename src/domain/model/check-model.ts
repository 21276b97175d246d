import { attributionSettings } from '../attribution/settings.js';
import { documentShape } from './document-shape.js';
import type { Fault } from './fields.js';
import type { JourneyModel } from './journey-model.js';
import { missingReferences } from './references.js';

const NO_GRADING: JourneyModel['grading'] = { rules: [], grades: { A: 80, B: 60, C: 40, D: 20, E: 0.001 } };

/** Without the address of its schema, which is for editors. */
type ModelDocument = JourneyModel & { readonly $schema?: string };

/**
 * Reads a journey model document as it comes from YAML or JSON. Every fault is found, with its path; without faults
 * the model has all parts that the journey needs, those that were left out with their defaults.
 */
export function checkModel(
  value: unknown,
): { readonly model: JourneyModel } | { readonly faults: readonly Fault[] } {
  const faults = documentShape.check(value, []);
  if (faults.length > 0) return { faults };
  const { $schema: _, ...document } = value as ModelDocument;
  const model: JourneyModel = {
    ...{
      timeZone: 'UTC',
      rates: [],
      triggers: [],
      contents: [],
      grading: NO_GRADING,
      sessionIdleMinutes: 30,
    },
    ...document,
    attribution: attributionSettings(document.attribution),
  };
  const missing = missingReferences(model);
  return missing.length > 0 ? { faults: missing } : { model };
}

/** Faults in one line, for people. */
export const faultsText = (faults: readonly Fault[]): string =>
  faults.map(({ path, message }) => `${path} ${message}`.trimStart()).join('; ');
