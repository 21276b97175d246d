import { isEvent, type RecordedEvent } from '../domain/events.js';
import { readinessRules } from '../domain/lead-definition.js';
import type { Touch } from '../domain/condition.js';
import { leadUnderModel, scoreOf } from '../domain/lead-snapshot.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import {
  currentModels,
  modelBefore,
  modelOfVersion,
  type ModelVersion,
} from '../read-models/model-versions.js';
import {
  leadKey,
  loadLeads,
  loadTouches,
  type LeadKey,
  type LoadedLead,
} from '../read-models/lead-snapshots.js';
import type { Reactor, ReactorContext } from '../subscriptions/subscription.js';
import {
  candidatesOf,
  changedCandidates,
  reachedCandidates,
  wokenLeads,
} from './qualify-leads/candidates.js';
import { recordQualified, type ReadyLead } from './qualify-leads/record-qualified.js';

/** Its name among the subscriptions. */
export const QUALIFIER = 'qualify_leads';

/** So many leads are read at a time, journeys included. */
const AT_ONCE = 500;

/**
 * Records `LeadQualified` when a lead meets the lead definition of its persona, once a cycle. It follows the read models: of each
 * batch it assesses the leads that changed, each once, as they stand now. Not after every event: a lead that was ready for a moment and
 * has opted out since is no use to sales.
 *
 * It starts at the head of the log, and leads that were ready before qualify by what they do next: sales are not flooded when it is
 * switched on, nor by the first lead definitions, nor when a later model reaches leads that were ready by the one before.
 */
export function qualifyLeads(now: () => Date = () => new Date()): Reactor {
  /** Up to when wake-ups were seen by this process. */
  let seen = { at: new Date(0), position: 0n };
  const wakeUp = async (context: ReactorContext, models: Models): Promise<void> => {
    const until = now();
    const woken = await wokenLeads(context.tx, until, seen);
    for (const { wakeAt, ...lead } of woken) await qualify(context, models, [lead], { at: wakeAt });
    seen = { at: until, position: context.range.upTo };
  };
  return {
    name: QUALIFIER,
    version: 1,
    handles: ['JourneyModelPublished', 'JourneyModelApplied'],
    after: ['journey', 'opportunities', 'lifecycle'],
    startFrom: 'head',
    rebuild: 'never',
    async react(events, context) {
      const models = await modelsWithDefinitions(context);
      if (models.size === 0) return;
      await wakeUp(context, models);
      const at = (await context.store.readAt(context.range.upTo))?.recordedAt ?? now();
      const except = events.map(({ position }) => position);
      const changed = await changedCandidates(context.tx, [...models.values()], context.range, except);
      await qualify(context, models, changed, { at });
      for (const event of events)
        if (isEvent(event, 'JourneyModelApplied')) await qualifyReached(context, models, event, at);
        else await qualifyByModel(context, models, event, at);
    },
    async onIdle(context) {
      const models = await modelsWithDefinitions(context);
      if (models.size > 0) await wakeUp(context, models);
    },
  };
}

type Models = ReadonlyMap<string, ModelVersion>;

/** By workspace. */
async function modelsWithDefinitions({ tx }: ReactorContext): Promise<Models> {
  const models = await currentModels(tx);
  return new Map(
    models.filter(({ model }) => readinessRules(model).hasDefinitions).map((each) => [each.workspace, each]),
  );
}

/** A model is published: who was not ready by the one before and is by this one qualifies. */
async function qualifyByModel(
  context: ReactorContext,
  models: Models,
  event: RecordedEvent,
  at: Date,
): Promise<void> {
  const current = models.get(event.workspace);
  if (!isEvent(event, 'JourneyModelPublished') || !current) return;
  const before = await modelBefore(context.tx, event.workspace, event.id);
  // Its first definitions switch qualification on.
  if (!before || !readinessRules(before.model).hasDefinitions) return;
  for await (const leads of candidatesOf(context.tx, current))
    await qualify(context, models, leads, { at, unlessReadyBy: before });
}

/** A model reaches some leads: those qualify who were not ready by the one that they were computed with. */
async function qualifyReached(
  context: ReactorContext,
  models: Models,
  { workspace, position, data }: RecordedEvent<'JourneyModelApplied'>,
  at: Date,
): Promise<void> {
  const current = models.get(workspace);
  if (current?.version !== data.modelVersion) return;
  const reached = await reachedCandidates(context.tx, current, position);
  for (const [version, leads] of Map.groupBy(reached, ({ versionBefore }) => versionBefore)) {
    const before = version === null ? undefined : await modelOfVersion(context.tx, workspace, version);
    if (before && readinessRules(before.model).hasDefinitions)
      await qualify(context, models, leads, { at, unlessReadyBy: before });
  }
}

interface Assessment {
  readonly at: Date;
  /** Who is ready by this model as well is left alone. */
  readonly unlessReadyBy?: ModelVersion;
}

async function qualify(
  context: ReactorContext,
  models: Models,
  candidates: readonly LeadKey[],
  assessment: Assessment,
): Promise<void> {
  for (let from = 0; from < candidates.length; from += AT_ONCE) {
    const some = candidates.slice(from, from + AT_ONCE);
    const ready = await readyAmong(context, models, some, assessment);
    await recordQualified(context, ready);
  }
}

/** Two steps: journeys are read of those only that are ready by everything else. */
async function readyAmong(
  { tx }: ReactorContext,
  models: Models,
  candidates: readonly LeadKey[],
  { at, unlessReadyBy }: Assessment,
): Promise<ReadyLead[]> {
  const leads = (await loadLeads(tx, candidates)).flatMap((lead) => {
    const version = models.get(lead.workspace);
    return version ? [{ lead, version }] : [];
  });
  const likely = leads.filter(({ lead, version }) => readinessRules(version.model).assess(lead, +at).ready);
  const reads = likely.filter(
    ({ lead, version }) => unlessReadyBy !== undefined || readinessRules(version.model).readsJourney(lead),
  );
  const touches = await loadTouches(
    tx,
    reads.map(({ lead }) => lead),
  );
  const isRead = new Set(reads.map(({ lead }) => leadKey(lead)));
  return likely.flatMap(({ lead: known, version: { model, version } }) => {
    const done = touches.get(leadKey(known)) ?? [];
    const lead = isRead.has(leadKey(known)) ? leadUnderModel(model, known, done) : known;
    const { ready, holds } = readinessRules(model).assess(lead, +at);
    if (!ready || (unlessReadyBy && isReadyBy(unlessReadyBy.model, lead, done, at))) return [];
    return [{ lead, at, modelVersion: version, score: scoreOf(model, lead, +at), reasons: holds }];
  });
}

const isReadyBy = (model: JourneyModel, lead: LoadedLead, touches: readonly Touch[], at: Date): boolean =>
  readinessRules(model).assess(leadUnderModel(model, lead, touches), +at).ready;
