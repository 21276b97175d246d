import { faultAt, type Fault, type Path } from './fields.js';
import {
  listOf,
  type BuyingStage,
  type Condition,
  type JourneyModel,
  type OneOrMore,
} from './journey-model.js';
import type { Behaviour, LeadCondition, SegmentedCondition, TouchCondition } from './lead-management.js';

const NOUNS = {
  stage: 'stage',
  persona: 'persona',
  trigger: 'trigger',
  segment: 'segment',
  territory: 'territory',
  recipient: 'recipient',
  hours: 'set of business hours',
} as const;
type Noun = keyof typeof NOUNS;

/** Names that the document uses and nothing in it has. */
export function missingReferences(model: JourneyModel): readonly Fault[] {
  const references = new References(model);
  return [...references.inJourney(), ...references.inLeadManagement()];
}

const idsOf = (entries: readonly { readonly id: string }[] = []): ReadonlySet<string> =>
  new Set(entries.map(({ id }) => id));

class References {
  private readonly known: Readonly<Record<Noun, ReadonlySet<string>>>;

  constructor(private readonly model: JourneyModel) {
    const { stages, personas, triggers, segments, routing, businessHours } = model;
    this.known = {
      stage: idsOf([...stages, ...personas.flatMap((each) => each.stages ?? [])]),
      persona: idsOf(personas),
      trigger: idsOf(triggers),
      segment: idsOf(segments),
      territory: idsOf(routing?.territories),
      recipient: idsOf(routing?.recipients),
      hours: idsOf(businessHours),
    };
  }

  inJourney(): readonly Fault[] {
    const { stages, personas, triggers, scoring, contents } = this.model;
    return [
      ...this.inStages(stages, ['stages']),
      ...personas.flatMap((each, at) => this.inStages(each.stages ?? [], ['personas', at, 'stages'])),
      ...triggers.flatMap(({ when }, at) => this.inCondition(when, ['triggers', at, 'when'])),
      ...scoring.rules.flatMap(({ when, persona }, at) => [
        ...this.inCondition(when, ['scoring', 'rules', at, 'when']),
        ...this.missing('persona', persona, ['scoring', 'rules', at, 'persona']),
      ]),
      ...contents.flatMap(({ stage, personas: only, alsoServes = [] }, at) => [
        ...this.missing('stage', stage, ['contents', at, 'stage']),
        ...this.missing('persona', only, ['contents', at, 'personas']),
        ...alsoServes.flatMap((cell, nth) => [
          ...this.missing('stage', cell.stage, ['contents', at, 'alsoServes', nth, 'stage']),
          ...this.missing('persona', cell.personas, ['contents', at, 'alsoServes', nth, 'personas']),
        ]),
      ]),
    ];
  }

  inLeadManagement(): readonly Fault[] {
    const { leadFilters = [], segments = [], serviceLevels = [], nurture = [] } = this.model;
    return [
      ...this.inDefinitions(),
      ...leadFilters.flatMap(({ when }, at) => this.inLeadCondition(when, ['leadFilters', at, 'when'])),
      ...segments.flatMap(({ when }, at) => this.inLeadCondition(when, ['segments', at, 'when'])),
      ...this.inRouting(),
      ...serviceLevels.flatMap(({ when = {}, businessHours }, at) => [
        ...this.inLeadCondition(when, ['serviceLevels', at, 'when']),
        ...this.missing('hours', businessHours, ['serviceLevels', at, 'businessHours']),
      ]),
      ...nurture.flatMap(({ when }, at) => this.inCondition(when, ['nurture', at, 'when'])),
    ];
  }

  private inDefinitions(): readonly Fault[] {
    return (this.model.leadDefinitions ?? []).flatMap((definition, index) => {
      const at: Path = ['leadDefinitions', index];
      const { persona, minStage, triggers = [], disqualifiers = [] } = definition;
      return [
        ...this.missing('persona', persona, [...at, 'persona']),
        ...this.missing('stage', minStage, [...at, 'minStage']),
        ...triggers.flatMap(({ trigger }, nth) =>
          this.missing('trigger', trigger, [...at, 'triggers', nth, 'trigger']),
        ),
        ...disqualifiers.flatMap(({ when }, nth) =>
          this.inLeadCondition(when, [...at, 'disqualifiers', nth, 'when']),
        ),
      ];
    });
  }

  private inRouting(): readonly Fault[] {
    const { recipients = [], rules = [] } = this.model.routing ?? {};
    return [
      ...recipients.flatMap(({ personas, territories, businessHours }, index) => {
        const at: Path = ['routing', 'recipients', index];
        return [
          ...this.missing('persona', personas, [...at, 'personas']),
          ...this.missing('territory', territories, [...at, 'territories']),
          ...this.missing('hours', businessHours, [...at, 'businessHours']),
        ];
      }),
      ...rules.flatMap(({ when = {}, territory, recipients: only }, index) => {
        const at: Path = ['routing', 'rules', index];
        return [
          ...this.inLeadCondition(when, [...at, 'when']),
          ...this.missing('territory', territory, [...at, 'territory']),
          ...this.missing('recipient', only, [...at, 'recipients']),
        ];
      }),
    ];
  }

  private inStages(stages: readonly BuyingStage[], at: Path): readonly Fault[] {
    return stages.flatMap(({ enter }, index) =>
      enter.flatMap(({ when }, nth) => this.inCondition(when, [...at, index, 'enter', nth, 'when'])),
    );
  }

  private inCondition(when: Condition | TouchCondition, at: Path): readonly Fault[] {
    const { trigger, afterTrigger, content }: Condition = when;
    return [
      ...this.missing('trigger', trigger, [...at, 'trigger']),
      ...this.missing('trigger', afterTrigger?.trigger, [...at, 'afterTrigger', 'trigger']),
      ...this.missing('stage', content?.stage, [...at, 'content', 'stage']),
    ];
  }

  private inLeadCondition(when: SegmentedCondition, at: Path): readonly Fault[] {
    const { persona, stage, segment, did = [], didNot = [], any = [], none = [] } = when;
    const inBehaviour = (list: readonly Behaviour[], part: string): readonly Fault[] =>
      list.flatMap((each, nth) => this.inCondition(each.when, [...at, part, nth, 'when']));
    const inner = (list: readonly LeadCondition[], part: string): readonly Fault[] =>
      list.flatMap((each, nth) => this.inLeadCondition(each, [...at, part, nth]));
    return [
      ...this.missing('persona', persona, [...at, 'persona']),
      ...this.missing('stage', stage, [...at, 'stage']),
      ...this.missing('segment', segment, [...at, 'segment']),
      ...inBehaviour(did, 'did'),
      ...inBehaviour(didNot, 'didNot'),
      ...inner(any, 'any'),
      ...inner(none, 'none'),
    ];
  }

  private missing(noun: Noun, names: OneOrMore<string> | undefined, at: Path): readonly Fault[] {
    return listOf(names)
      .filter((name) => !this.known[noun].has(name))
      .map((name) => faultAt(at, `the ${NOUNS[noun]} ${name} does not exist`));
  }
}
