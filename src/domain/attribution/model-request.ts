import {
  boolean,
  described,
  faultAt,
  isObject,
  object,
  oneOf,
  type Fault,
  type Path,
  type Shape,
} from '../model/fields.js';
import {
  type CommitteeRule,
  COMMITTEES,
  DEFAULT_COMMITTEE,
  parsedRoleWeights,
  roleWeightsShape,
} from './committee-rule.js';
import { type CustomModel, customShape } from './custom.js';
import { MARKOV_ORDERS, type MarkovOrder } from './markov/chain.js';
import { MODEL_NAMES, type ModelName } from './models.js';
import { type Player, PLAYERS } from './players.js';
import { PRESET_NAMES, PRESETS, type PresetName } from './presets.js';
import { parseTransforms, type PathTransforms, transformsShape } from './transforms.js';

/** What a chain or a game is worth to its players. */
export const WORTHS = ['conversions', 'revenue'] as const;
export type Worth = (typeof WORTHS)[number];

/** Models that look at all paths of a report before they weigh one. */
export const CHAIN_WIDE_MODELS = ['markov', 'shapley'] as const;

export type RequestedModel =
  | { readonly model: ModelName; readonly preset?: PresetName }
  | { readonly model: 'custom'; readonly custom: CustomModel }
  | { readonly model: 'markov'; readonly order: MarkovOrder; readonly nonConverting: boolean }
  | { readonly model: 'shapley'; readonly worth: Worth };

/** How a report is attributed: a checked value in one form, so that equal requests are equal as JSON (`requestKey`). */
export type ModelRequest = RequestedModel &
  CommitteeRule & {
    /** Of chains and games, and of what transforms of repeats compare. */
    readonly player: Player;
    readonly transforms: PathTransforms;
  };

const COMMON = {
  player: oneOf(PLAYERS),
  committee: oneOf(COMMITTEES),
  roleWeights: roleWeightsShape,
  transforms: transformsShape,
} satisfies Record<string, Shape>;

const orders = described('Touches that the next one depends on', {
  schema: { enum: MARKOV_ORDERS },
  check: (value, at) =>
    MARKOV_ORDERS.some((order) => order === value)
      ? []
      : [faultAt(at, `must be one of: ${MARKOV_ORDERS.join(', ')}`)],
});

/** The fields of each model; a field of another model is a mistake, not ignored. */
const SHAPES: Readonly<Record<'custom' | 'markov' | 'shapley', Shape>> = {
  custom: object({ model: oneOf(['custom']), custom: customShape }, COMMON),
  markov: object({ model: oneOf(['markov']) }, { order: orders, nonConverting: boolean, ...COMMON }),
  shapley: object({ model: oneOf(['shapley']) }, { worth: oneOf(WORTHS), ...COMMON }),
};
const RULES = object({ model: oneOf([...MODEL_NAMES, ...Object.keys(SHAPES)]) }, COMMON);
const PRESET = object({ preset: oneOf(PRESET_NAMES) }, COMMON);

const shapeOf = (value: unknown): Shape => {
  if (!isObject(value)) return RULES;
  if (value['preset'] !== undefined) return PRESET;
  const { model } = value;
  return model === 'custom' || model === 'markov' || model === 'shapley' ? SHAPES[model] : RULES;
};

/** @returns the request with its defaults, or every fault with the path of its field */
export function parseModelRequest(
  value: unknown,
  at: Path = [],
): { readonly request: ModelRequest } | { readonly faults: readonly Fault[] } {
  const faults = shapeOf(value).check(value, at);
  if (faults.length > 0) return { faults };
  const given = value as Record<string, unknown>;
  const parsed = parseTransforms(given['transforms'] ?? {}, [...at, 'transforms']);
  if ('faults' in parsed) return parsed;
  const player = (given['player'] ?? 'channel') as Player;
  return { request: { ...modelOf(given), player, ...committeeOf(given), transforms: parsed.transforms } };
}

const committeeOf = ({
  committee = DEFAULT_COMMITTEE.committee,
  roleWeights = {},
}: Partial<CommitteeRule>): CommitteeRule => ({
  committee,
  roleWeights: parsedRoleWeights(roleWeights),
});

function modelOf(given: Readonly<Record<string, unknown>>): RequestedModel {
  const { model, preset, custom, order = 1, nonConverting = true, worth = 'conversions' } = given;
  if (preset !== undefined) {
    const name = preset as PresetName;
    return { model: PRESETS[name].model, preset: name };
  }
  switch (model as RequestedModel['model']) {
    case 'custom':
      return { model: 'custom', custom: custom as CustomModel };
    case 'markov':
      return { model: 'markov', order: order as MarkovOrder, nonConverting: nonConverting as boolean };
    case 'shapley':
      return { model: 'shapley', worth: worth as Worth };
    default:
      return { model: model as ModelName };
  }
}

/** The same text for equal requests: part of the key of what is cached, with the position and the scope of the report. */
export const requestKey = (request: ModelRequest): string =>
  JSON.stringify(request, (_, value: unknown) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
