import { type Cut, CUTS } from './report-scope.js';
import { Enums, MaybeText, MaybeTexts, Text } from './response-fields.js';

/** What says which cell of a report a row is about. */
export class ReportCell {
  @MaybeText(
    'Value of the dimension in `by`; null: the touches have none. With several dimensions, `keys` as a JSON array',
  )
  key!: string | null;
  @MaybeTexts('The value of each dimension, in the order of `by`; null: the touches have none') keys!: (
    string | null
  )[];
  @Enums('Dimensions without a value; pass them to `explain` as `without`', CUTS)
  without!: Cut[];
  @Text('Label for display: the title of a content, the name of a campaign, else the key, or "(none)"')
  label!: string;
}
