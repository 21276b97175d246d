import { choosesMembers, DEFAULT_COMMITTEE, hasRoleWeights } from '../domain/attribution/committee-rule.js';
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

/** Parameters of one model. */
const OWN = {
  custom: ['custom'],
  markov: ['order', 'nonConverting'],
  shapley: ['worth'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Parameters that say whose touchpoints count, and by how much. */
export const COMMITTEE_OPTIONS = ['committee', 'roleWeights'] as const;

/** Parameters that say how a model attributes. */
export const MODEL_OPTIONS = [
  'custom',
  'player',
  ...COMMITTEE_OPTIONS,
  'order',
  'nonConverting',
  'worth',
  ...TRANSFORM_NAMES,
] as const;
/** And which. */
export const MODEL_PARAMETERS = ['model', 'preset', ...MODEL_OPTIONS] as const;

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
    fault(params, name, 'is not JSON');
    return undefined;
  }
};

const READS: Readonly<Record<string, Read>> = {
  custom: json,
  roleWeights: json,
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

const DEFAULT_REQUEST: ModelRequest = {
  model: DEFAULT_MODEL,
  player: 'channel',
  ...DEFAULT_COMMITTEE,
  transforms: {},
};

/** How the report is attributed. Faults are added to the parameters, each with the name of the one at fault. */
export function modelRequestOf(params: Params, given: RawParams): ModelRequest {
  const model = params.oneOf('model', REPORT_MODELS);
  const preset = params.oneOf('preset', PRESET_NAMES);
  if (model !== undefined && preset !== undefined)
    params.fault('preset-contradictory', 'preset', 'names a model of its own; omit model');
  const options = optionsOf(params, given);
  const named = preset === undefined ? { model: model ?? DEFAULT_MODEL } : { preset };
  return requestOf(params, named, options, Object.keys(options)) ?? DEFAULT_REQUEST;
}

/** Models by the name they have in a comparison: a preset has its own. */
export const COMPARED_MODELS = [...REPORT_MODELS, ...PRESET_NAMES] as const;
export type ComparedName = (typeof COMPARED_MODELS)[number];

export interface ComparedModel {
  readonly name: ComparedName;
  readonly request: ModelRequest;
}

/** The models of a comparison, by default those that are stored. Transforms are of all of them, other options of those they are for. */
export function comparedModelsOf(params: Params, given: RawParams): readonly ComparedModel[] {
  const names = params.someOf('models', COMPARED_MODELS, 'model') ?? MODEL_NAMES;
  const options = optionsOf(params, given);
  for (const [owner, own] of Object.entries(OWN))
    for (const option of own.filter((each) => each in options && !names.some((name) => name === owner)))
      fault(params, option, `is of the model ${owner}, which is not among models`);
  const common = ['player', ...COMMITTEE_OPTIONS, ...TRANSFORM_NAMES];
  if (!requestOf(params, { model: DEFAULT_MODEL }, options, common)) return [];
  return names.flatMap((name) => {
    const named = PRESET_NAMES.some((each) => each === name) ? { preset: name } : { model: name };
    const own: readonly string[] = name in OWN ? OWN[name as keyof typeof OWN] : [];
    const request = requestOf(params, named, options, [...own, ...common]);
    return request ? [{ name, request }] : [];
  });
}

const optionsOf = (params: Params, given: RawParams): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    MODEL_OPTIONS.filter((name) => given[name] !== undefined).map((name) => [name, read(params, name)]),
  );

/** @param names of the options that are for this model */
function requestOf(
  params: Params,
  named: { readonly model: string } | { readonly preset: string },
  options: Readonly<Record<string, unknown>>,
  names: readonly string[],
): ModelRequest | undefined {
  const some = (wanted: (name: string) => boolean): Record<string, unknown> =>
    Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name) && wanted(name)));
  const isTransform = (name: string): boolean => TRANSFORM_NAMES.some((each) => each === name);
  const parsed = parseModelRequest({
    ...named,
    ...some((name) => !isTransform(name)),
    transforms: some(isTransform),
  });
  if ('request' in parsed) return parsed.request;
  for (const { path, message } of parsed.faults) fault(params, path.replace(/^transforms\./, ''), message);
  return undefined;
}

function fault(params: Params, at: string, message: string): void {
  const [name = at] = at.split(/[.[]/);
  params.fault(`${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-invalid`, at, message);
}

/** Whether the credits are those of the stored ledger. */
export const isStored = (request: ModelRequest): boolean =>
  MODEL_NAMES.some((name) => name === request.model) &&
  !('preset' in request) &&
  !choosesMembers(request) &&
  !hasRoleWeights(request) &&
  Object.keys(request.transforms).length === 0;
