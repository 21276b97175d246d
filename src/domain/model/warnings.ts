import { faultAt, type Fault, type Path } from './fields.js';
import { coversTouch, coversTraits } from './coverage.js';
import {
  listOf,
  type BuyingStage,
  type CataloguedContent,
  type Condition,
  type JourneyModel,
  type Persona,
  type ScoreRule,
} from './journey-model.js';
import type { NurtureRule, SegmentedCondition } from './lead-management.js';
import { Matching } from './matching.js';

/** A warning names what is valid and hardly meant. */
export type Warning = Fault;

/** What can never happen under a valid model, or is hidden by an earlier part of it. */
export function modelWarnings(model: JourneyModel): readonly Warning[] {
  const matching = new Matching(model);
  return [
    ...personaWarnings(model.personas),
    ...stageWarnings(model.stages, ['stages'], matching),
    ...model.personas.flatMap(({ stages = [] }, at) =>
      stageWarnings(stages, ['personas', at, 'stages'], matching),
    ),
    ...unknownContents(model),
    ...triggerWarnings(model, matching),
    ...scoreWarnings(model.scoring.rules, matching),
    ...gradeWarnings(model, matching),
    ...contentWarnings(model),
    ...leadWarnings(model, matching),
  ];
}

/** An earlier persona, or a condition of the same one, that always wins. */
function personaWarnings(personas: readonly Persona[]): readonly Warning[] {
  const warnings: Warning[] = [];
  personas.forEach(({ id, when }, index) => {
    const earlier = personas.slice(0, index);
    const winners = when.map((condition) =>
      earlier.find((each) => each.when.some((other) => coversTraits(other, condition))),
    );
    if (winners.every((winner) => winner !== undefined)) {
      const names = [...new Set(winners.map((winner) => winner.id))].join(', ');
      warnings.push(faultAt(['personas', index], `nobody becomes ${id}: ${names} comes before it and matches whomever it matches`)); // prettier-ignore
      return;
    }
    winners.forEach((winner, nth) => {
      if (winner)
        warnings.push(
          faultAt(
            ['personas', index, 'when', nth],
            `never decides: ${winner.id} comes before it and matches the same`,
          ),
        );
    });
  });
  return warnings;
}

function stageWarnings(stages: readonly BuyingStage[], at: Path, matching: Matching): readonly Warning[] {
  return stages.flatMap(({ id, enter }, index) => {
    const reasons = enter.map(({ when }) => matching.whyNever(when));
    const rules = reasons.flatMap((reason, nth) =>
      reason === undefined ? [] : [faultAt([...at, index, 'enter', nth, 'when'], `never matches: ${reason}`)],
    );
    if (reasons.some((reason) => reason === undefined)) return rules;
    const why = enter.length === 0 ? 'it has no rule' : 'none of its rules can match';
    return [faultAt([...at, index], `nobody can reach the stage ${id}: ${why}`), ...rules];
  });
}

/** Of all conditions on touchpoints that move a lead or its score. */
function unknownContents(model: JourneyModel): readonly Warning[] {
  const inStages = (stages: readonly BuyingStage[], at: Path): readonly Warning[] =>
    stages.flatMap(({ enter }, index) =>
      enter.flatMap(({ when }, nth) => unknownContent(model, when, [...at, index, 'enter', nth, 'when'])),
    );
  return [
    ...inStages(model.stages, ['stages']),
    ...model.personas.flatMap(({ stages = [] }, at) => inStages(stages, ['personas', at, 'stages'])),
    ...model.triggers.flatMap(({ when }, at) => unknownContent(model, when, ['triggers', at, 'when'])),
    ...model.scoring.rules.flatMap(({ when }, at) =>
      unknownContent(model, when, ['scoring', 'rules', at, 'when']),
    ),
  ];
}

/** Ids and types may be sent by collectors, so that a name the catalogue lacks is no fault; it is often a misspelling. */
function unknownContent({ contents }: JourneyModel, when: Condition, at: Path): readonly Warning[] {
  if (contents.length === 0) return [];
  return (['id', 'type'] as const).flatMap((part) =>
    listOf(when.content?.[part])
      .filter(
        (name) => !contents.some((content) => content[part] === name || (part === 'id' && content.eachPage)),
      )
      .map((name) =>
        faultAt(
          [...at, 'content', part],
          `no content of the catalogue has the ${part} ${name}; only what collectors send can match`,
        ),
      ),
  );
}

const triggerWarnings = ({ triggers }: JourneyModel, matching: Matching): readonly Warning[] =>
  triggers.flatMap(({ when }, index) => {
    const reason = matching.whyNever(when);
    return reason === undefined ? [] : [faultAt(['triggers', index, 'when'], `never matches: ${reason}`)];
  });

/** Only the first rule that matches a touchpoint applies, also when its cap is reached. */
function scoreWarnings(rules: readonly ScoreRule[], matching: Matching): readonly Warning[] {
  return rules.flatMap((rule, index) => {
    const at: Path = ['scoring', 'rules', index];
    const reason = matching.whyNever(rule.when);
    if (reason !== undefined) return [faultAt([...at, 'when'], `never matches: ${reason}`)];
    const winner = rules.slice(0, index).find((earlier) => hides(earlier, rule));
    return winner
      ? [
          faultAt(
            [...at, 'when'],
            `never applies: the rule "${winner.name}" comes before it and matches the same`,
          ),
        ]
      : [];
  });
}

function hides(earlier: ScoreRule, later: ScoreRule): boolean {
  const personas = later.persona === undefined ? undefined : listOf(later.persona);
  const samePersonas =
    earlier.persona === undefined || (personas?.every((id) => listOf(earlier.persona).includes(id)) ?? false);
  return samePersonas && coversTouch(earlier.when, later.when);
}

function gradeWarnings({ grading: { rules, grades } }: JourneyModel, matching: Matching): readonly Warning[] {
  const never = rules.map(({ when }) => matching.whyNeverTraits(when));
  const best = rules.reduce(
    (sum, { points }, at) => (never[at] === undefined ? sum + Math.max(points, 0) : sum),
    0,
  );
  return [
    ...never.flatMap((reason, at) =>
      reason === undefined ? [] : [faultAt(['grading', 'rules', at, 'when'], `never matches: ${reason}`)],
    ),
    ...Object.entries(grades)
      .filter(([, least]) => rules.length > 0 && least > best)
      .map(([grade]) =>
        faultAt(
          ['grading', 'grades', grade],
          `nobody gets the grade ${grade}: all rules together give ${best} points`,
        ),
      ),
  ];
}

function contentWarnings(model: JourneyModel): readonly Warning[] {
  const taken = new Map<string, string>();
  return model.contents.flatMap((content, index) => {
    const at: Path = ['contents', index];
    const warnings = contentStageWarnings(model, content, at);
    const urls = content.urls ?? [];
    const hidden = urls.map((url) => taken.get(url));
    for (const url of urls) if (!taken.has(url)) taken.set(url, content.id);
    return [
      ...warnings,
      ...hidden.flatMap((owner, nth) =>
        owner === undefined || owner === content.id
          ? []
          : [faultAt([...at, 'urls', nth], `never matches: ${owner} comes before it with the same pattern`)],
      ),
    ];
  });
}

function contentStageWarnings(model: JourneyModel, content: CataloguedContent, at: Path): readonly Warning[] {
  const { id, stage, personas = [], alsoServes = [] } = content;
  if (stage === undefined && alsoServes.length === 0)
    return isExcluded(model, content) ? [] : [faultAt(at, `the content ${id} is mapped to no stage`)];
  return personas
    .filter((persona) => stage !== undefined && !stagesOf(model, persona).includes(stage))
    .map((persona) => faultAt([...at, 'stage'], `the persona ${persona} has no stage ${stage ?? ''}`));
}

const stagesOf = ({ personas, stages }: JourneyModel, persona: string): readonly string[] =>
  (personas.find(({ id }) => id === persona)?.stages ?? stages).map(({ id }) => id);

/** A scoring rule with 0 points says that the content is no sign of a purchase. */
const isExcluded = ({ scoring }: JourneyModel, { id, type }: CataloguedContent): boolean =>
  scoring.rules.some(
    ({ points, when: { content } }) =>
      points === 0 && (listOf(content?.id).includes(id) || listOf(content?.type).includes(type)),
  );

function leadWarnings(model: JourneyModel, matching: Matching): readonly Warning[] {
  const { segments = [], leadFilters = [], leadDefinitions = [], serviceLevels = [], nurture = [] } = model;
  const lead = (when: SegmentedCondition | undefined, at: Path): readonly Warning[] => {
    const reason = when && matching.whyNeverLead(when);
    return reason === undefined ? [] : [faultAt(at, `never matches: ${reason}`)];
  };
  return [
    ...leadDefinitions.flatMap((definition, at) => definitionWarnings(model, definition, at)),
    ...leadDefinitions.flatMap(({ disqualifiers = [] }, at) =>
      disqualifiers.flatMap(({ when }, nth) =>
        lead(when, ['leadDefinitions', at, 'disqualifiers', nth, 'when']),
      ),
    ),
    ...leadFilters.flatMap(({ when }, at) => lead(when, ['leadFilters', at, 'when'])),
    ...segments.flatMap(({ when }, at) => lead(when, ['segments', at, 'when'])),
    ...(model.routing?.rules ?? []).flatMap(({ when }, at) => lead(when, ['routing', 'rules', at, 'when'])),
    ...serviceLevels.flatMap(({ when }, at) => lead(when, ['serviceLevels', at, 'when'])),
    ...nurture.flatMap(({ when }: NurtureRule, at) => {
      const reason = matching.whyNever(when);
      return reason === undefined ? [] : [faultAt(['nurture', at, 'when'], `never matches: ${reason}`)];
    }),
  ];
}

type Definition = NonNullable<JourneyModel['leadDefinitions']>[number];

function definitionWarnings(
  model: JourneyModel,
  { persona, minStage }: Definition,
  at: number,
): readonly Warning[] {
  if (minStage === undefined) return [];
  return listOf(persona)
    .filter((id) => !stagesOf(model, id).includes(minStage))
    .map((id) =>
      faultAt(
        ['leadDefinitions', at, 'minStage'],
        `no lead qualifies: the persona ${id} has no stage ${minStage}`,
      ),
    );
}
