import type { PoolClient } from 'pg';
import type { RecordedEvent } from '../../domain/events.js';
import type { JudgementChange } from '../../domain/verdict/judgement.js';
import { ActivityVersions } from './activity-versions.js';
import { MailVerdicts } from './mail-verdicts.js';

/** What events of a batch make of touchpoints, their own and those before: events of the same mail, and of the same activity. */
export class DerivedJudgements {
  readonly #mails: MailVerdicts;
  readonly #activities: ActivityVersions;

  constructor(tx: PoolClient) {
    this.#mails = new MailVerdicts(tx);
    this.#activities = new ActivityVersions(tx);
  }

  async observe(
    events: readonly RecordedEvent[],
  ): Promise<(event: RecordedEvent) => JudgementChange | undefined> {
    const mails = await this.#mails.observe(events);
    const activities = await this.#activities.observe(events);
    return (event) => combined(activities.get(event), mails.get(event));
  }

  async write(): Promise<void> {
    await this.#mails.write();
    await this.#activities.write();
  }
}

/** A version that does not count does not, whatever its mail says. */
function combined(
  activity: JudgementChange | undefined,
  mail: JudgementChange | undefined,
): JudgementChange | undefined {
  if (!activity || !mail) return activity ?? mail;
  return { own: activity.own ?? mail.own, others: [...mail.others, ...activity.others] };
}
