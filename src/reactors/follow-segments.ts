import type { PoolClient } from 'pg';
import { isEvent, type RecordedEvent } from '../domain/events.js';
import type { Touch } from '../domain/condition.js';
import { leadUnderModel, leadWithTouches } from '../domain/lead-snapshot.js';
import { segmentRules } from '../domain/segments.js';
import {
  leadKey,
  loadLeads,
  loadTouches,
  loadTouchesOfKinds,
  type LoadedLead,
} from '../read-models/lead-snapshots.js';
import { currentModels, type ModelVersion } from '../read-models/model-versions.js';
import type { Reactor, ReactorContext } from '../subscriptions/subscription.js';
import {
  nextSlices,
  openEvaluations,
  readEvaluations,
  restartEvaluation,
  type Evaluation,
} from './follow-segments/evaluation.js';
import { changedLeads, dueLeads, type LeadAt } from './follow-segments/leads.js';
import { saveSegments, type AssessedLead } from './follow-segments/memberships.js';

/** Its name among the subscriptions. */
export const SEGMENTS = 'follow_segments';

/** So many leads are read at a time, journeys included. */
const AT_ONCE = 500;

/**
 * Keeps who is in which segment of the journey model (docs/adr/0050): of each batch it assesses the leads that changed, each once,
 * as they stand now, and then those whose score has decayed to a limit or whose touchpoints have left a window of days, as of that
 * instant. Rows and messages to webhooks are committed with its checkpoint.
 */
export function followSegments(now: () => Date = () => new Date()): Reactor {
  return {
    name: SEGMENTS,
    version: 1,
    handles: ['JourneyModelPublished', 'JourneyModelApplied'],
    after: ['journey', 'opportunities', 'lifecycle'],
    startFrom: 'head',
    rebuild: 'never',
    async react(events, context) {
      const { tx, range } = context;
      const followed = await workspacesToFollow(tx);
      const { models } = followed;
      if (models.size === 0) return;
      const at = (await recordedAt(context)) ?? now();
      const changed = await changedLeads(tx, [...models.values()], range);
      await follow(
        context,
        models,
        changed.map((lead) => ({ ...lead, at })),
        range.upTo,
      );
      await followTime(context, followed, { at, position: range.upTo, published: workspacesOf(events) });
    },
    async onIdle(context) {
      const followed = await workspacesToFollow(context.tx);
      // A question that names the position of now gets the same answer later, so the next one shows it.
      if (followed.models.size === 0) return;
      const at = new Date(Math.max(+now(), +((await recordedAt(context)) ?? 0)));
      await followTime(context, followed, { at, position: context.range.upTo + 1n, published: [] });
    },
  };
}

/** Of the last event of the batch. A clock behind the one that stamped it would not see the event happen. */
const recordedAt = async ({ store, range }: ReactorContext): Promise<Date | undefined> =>
  (await store.readAt(range.upTo))?.recordedAt;

type Models = ReadonlyMap<string, ModelVersion>;

interface Followed {
  /** Of workspaces that have segments, or had some when they were evaluated last. */
  readonly models: Models;
  readonly evaluations: ReadonlyMap<string, Evaluation>;
}

async function workspacesToFollow(tx: PoolClient): Promise<Followed> {
  const models = await currentModels(tx);
  const evaluations = await readEvaluations(tx);
  const followed = models.filter(
    ({ workspace, model }) => segmentRules(model).ids.length > 0 || evaluations.has(workspace),
  );
  return { models: new Map(followed.map((each) => [each.workspace, each])), evaluations };
}

/** Whose leads may have other segments: a model was published, or has reached the last of them. */
const workspacesOf = (events: readonly RecordedEvent[]): string[] => [
  ...new Set(
    events
      .filter((event) => !isEvent(event, 'JourneyModelApplied') || event.data.upTo === null)
      .map(({ workspace }) => workspace),
  ),
];

interface Turn {
  readonly at: Date;
  readonly position: bigint;
  /** Workspaces whose leads may have other segments. */
  readonly published: readonly string[];
}

/** What is to be done without an event: leads that are due, and the next slice of workspaces that are being evaluated. */
async function followTime(
  context: ReactorContext,
  { models, evaluations }: Followed,
  { at, position, published }: Turn,
): Promise<void> {
  const { tx } = context;
  const workspaces = [...models.keys()];
  const outdated = workspaces.filter(
    (each) => published.includes(each) || !evaluations.get(each)?.isOfLiveBuilds,
  );
  await restartEvaluation(tx, outdated);
  const open = openEvaluations(evaluations, new Set(outdated)).filter(({ workspace }) =>
    models.has(workspace),
  );
  const slices = await nextSlices(tx, open);
  await follow(
    context,
    models,
    slices.map((lead) => ({ ...lead, at })),
    position,
  );
  await follow(context, models, await dueLeads(tx, workspaces, at), position);
}

async function follow(
  { tx, assertLease }: ReactorContext,
  models: Models,
  leads: readonly LeadAt[],
  position: bigint,
): Promise<void> {
  for (let from = 0; from < leads.length; from += AT_ONCE) {
    await assertLease();
    const some = leads.slice(from, from + AT_ONCE);
    await saveSegments(tx, await assess(tx, models, some), position);
  }
}

async function assess(tx: PoolClient, models: Models, leads: readonly LeadAt[]): Promise<AssessedLead[]> {
  const loaded = new Map((await loadLeads(tx, leads)).map((lead) => [leadKey(lead), lead]));
  const touches = await touchesToRead(tx, models, [...loaded.values()]);
  return leads.flatMap(({ workspace, leadId, at }) => {
    const version = models.get(workspace);
    if (!version) return [];
    const known = loaded.get(leadKey({ workspace, leadId }));
    const found = known ? segmentsOf(version, known, touches.get(leadKey(known)) ?? [], at) : NONE;
    return [{ workspace, leadId, at, modelVersion: version.version, ...found }];
  });
}

/** Of each workspace what its segments read: most of a long journey is of other kinds. */
async function touchesToRead(
  tx: PoolClient,
  models: Models,
  leads: readonly LoadedLead[],
): Promise<ReadonlyMap<string, readonly Touch[]>> {
  const touches = new Map<string, readonly Touch[]>();
  for (const [workspace, some] of Map.groupBy(leads, (lead) => lead.workspace)) {
    const version = models.get(workspace);
    const read = version && segmentRules(version.model).touchesRead;
    if (!read) continue;
    const found =
      read.kinds && !read.origin
        ? await loadTouchesOfKinds(tx, some, read.kinds)
        : await loadTouches(tx, some);
    for (const [key, each] of found) touches.set(key, each);
  }
  return touches;
}

/** Of a lead that was merged into another one, or is gone. */
const NONE = { segments: [], nextChange: Infinity };

function segmentsOf(
  { model }: ModelVersion,
  known: LoadedLead,
  touches: readonly Touch[],
  at: Date,
): Pick<AssessedLead, 'segments' | 'nextChange'> {
  const { touchesRead, segmentsOf } = segmentRules(model);
  const withJourney = touchesRead?.origin ? leadUnderModel : leadWithTouches;
  const { ids, nextChange } = segmentsOf(touchesRead ? withJourney(model, known, touches) : known, +at);
  return { segments: ids, nextChange };
}
