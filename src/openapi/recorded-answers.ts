import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What an operation answered, by media type. */
export interface RecordedAnswer {
  /** Method and path as in the document: `get /api/leads/{id}`. */
  readonly operation: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** One file for each operation; `UPDATE_ANSWERS=1` makes document.spec.ts write them. */
export const ANSWERS_FOLDER = fileURLToPath(new URL('answers/', import.meta.url));

/** `get /api/leads/{id}/journey` → `get-leads-id-journey.json` */
export const answerFile = (operation: string): string =>
  `${operation.replace(' /api/', '-').replace(/[{}]/g, '').replaceAll('/', '-')}.json`;

export const readRecordedAnswers = (): RecordedAnswer[] =>
  readdirSync(ANSWERS_FOLDER).map(
    (file) => JSON.parse(readFileSync(`${ANSWERS_FOLDER}${file}`, 'utf8')) as RecordedAnswer,
  );
