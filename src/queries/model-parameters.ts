import {
  CHAIN_WIDE_MODELS,
  type ModelRequest,
  parseModelRequest,
} from '../domain/attribution/model-request.js';
import { PRESET_NAMES } from '../domain/attribution/presets.js';
import { TRANSFORM_NAMES } from '../domain/attribution/transforms.js';
import type { Params, RawParams } from './params.js';
import { DEFAULT_MODEL, MODEL_NAMES } from './report-scope.js';

/** Models of a report: those whose credits are stored, and those that are computed when they are asked for. */
export const REPORT_MODELS = [...MODEL_NAMES, 'custom', ...CHAIN_WIDE_MODELS] as const;

/** Parameters that say how a report is attributed. */
export const MODEL_PARAMETERS = [
  'model',
  'preset',
  'custom',
  'player',
  'order',
  'nonConverting',
  'worth',
  ...TRANSFORM_NAMES,
] as const;

type Read = (params: Params, name: string) => unknown;
/** Empty is given, and refused by the request. */
const text = (params: Params, name: string, most?: number): string => params.text(name, most) ?? '';
const list: Read = (params, name) => text(params, name).split(',').map((word) => word.trim()); // prettier-ignore
/** What is no number or no boolean stays text, which the request then refuses. */
const literal: Read = (params, name) => {
  const value = text(params, name);
  return /^([1-9]\d{0,8}|0|true|false)$/.test(value) ? (JSON.parse(value) as unknown) : value;
};
const json: Read = (params, name) => {
  try {
    return JSON.parse(text(params, name, 10_000)) as unknown;
  } catch {
    params.fault(`${name}-invalid`, name, 'is not JSON');
    return undefined;
  }
};

const READS: Readonly<Record<string, Read>> = {
  custom: json,
  order: literal,
  nonConverting: literal,
  kinds: list,
  withoutKinds: list,
  channels: list,
  withoutChannels: list,
  lookbackDays: literal,
  lookbackSteps: literal,
  minTouchesPerLead: literal,
};
const read = (params: Params, name: string): unknown => (READS[name] ?? text)(params, name);

/** How the report is attributed. Faults are added to the parameters, each with the name of the one at fault. */
export function modelRequestOf(params: Params, given: RawParams): ModelRequest {
  const model = params.oneOf('model', REPORT_MODELS);
  const preset = params.oneOf('preset', PRESET_NAMES);
  if (model !== undefined && preset !== undefined)
    params.fault('preset-contradictory', 'preset', 'names a model of its own; omit model');
  const fieldsOf = (names: readonly string[]): Record<string, unknown> =>
    Object.fromEntries(
      names.filter((name) => given[name] !== undefined).map((name) => [name, read(params, name)]),
    );
  const parsed = parseModelRequest({
    ...(preset === undefined ? { model: model ?? DEFAULT_MODEL } : { preset }),
    ...fieldsOf(['custom', 'player', 'order', 'nonConverting', 'worth']),
    transforms: fieldsOf(TRANSFORM_NAMES),
  });
  if ('request' in parsed) return parsed.request;
  for (const { path, message } of parsed.faults) {
    const at = path.replace(/^transforms\./, '');
    const [name = at] = at.split(/[.[]/);
    params.fault(`${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-invalid`, at, message);
  }
  return { model: DEFAULT_MODEL, player: 'channel', transforms: {} };
}

/** Whether the credits are those of the stored ledger. */
export const isStored = (request: ModelRequest): boolean =>
  MODEL_NAMES.some((name) => name === request.model) &&
  !('preset' in request) &&
  Object.keys(request.transforms).length === 0;
