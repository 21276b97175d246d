import { countsAsHuman, ACTOR_VERDICTS, type Verdict } from '../src/domain/touchpoint.js';
import { ACTORS, isPerson, type Actor } from './mail-action.js';
import type { CampaignEvent } from './mail-campaign.js';

/** How often what each actor did got each verdict. */
export class Confusion {
  readonly #counts = new Map<Actor, Map<Verdict, number>>();
  readonly #people = new Map<string, boolean>();

  /** @param verdicts by event id */
  add(campaign: readonly CampaignEvent[], verdicts: ReadonlyMap<string, Verdict>): void {
    for (const { event, recipient, actor } of campaign) {
      const verdict = verdicts.get(event.id);
      if (actor === undefined || verdict === undefined) continue;
      const counts = this.#counts.get(actor) ?? new Map<Verdict, number>();
      this.#counts.set(actor, counts.set(verdict, (counts.get(verdict) ?? 0) + 1));
      if (!isPerson(actor)) continue;
      const person = `${event.data.campaign} ${recipient}`;
      this.#people.set(person, (this.#people.get(person) ?? false) || countsAsHuman(verdict));
    }
  }

  /** The share of what machines did that does not count. */
  get machinesFound(): number {
    return this.#share(
      (actor) => !isPerson(actor),
      (verdict) => !countsAsHuman(verdict),
    );
  }

  /** The share of what people did that does not count. */
  get actionsLost(): number {
    return this.#share(isPerson, (verdict) => !countsAsHuman(verdict));
  }

  /** The share of people who acted of whom nothing counts. */
  get peopleLost(): number {
    return [...this.#people.values()].filter((counts) => !counts).length / this.#people.size;
  }

  /** A line an actor, a column a verdict. */
  table(): string {
    const lines = ACTORS.map((actor) => {
      const counts = ACTOR_VERDICTS.map((verdict) =>
        String(this.#counts.get(actor)?.get(verdict) ?? 0).padStart(13),
      );
      return `${actor.padEnd(18)}${counts.join('')}`;
    });
    return [
      `${''.padEnd(18)}${ACTOR_VERDICTS.map((verdict) => verdict.padStart(13)).join('')}`,
      ...lines,
    ].join('\n');
  }

  #share(ofActor: (actor: Actor) => boolean, counted: (verdict: Verdict) => boolean): number {
    let [all, some] = [0, 0];
    for (const [actor, counts] of this.#counts) {
      if (!ofActor(actor)) continue;
      for (const [verdict, count] of counts) {
        all += count;
        if (counted(verdict)) some += count;
      }
    }
    return some / all;
  }
}
