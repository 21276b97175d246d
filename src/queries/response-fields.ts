import { ApiProperty } from '@nestjs/swagger';

/** Fields of answers for the OpenAPI document; every field is always there, and null says that nothing is known. */

export const Text = (description: string): PropertyDecorator => ApiProperty({ type: String, description });
export const MaybeText = (description: string): PropertyDecorator =>
  ApiProperty({ type: String, nullable: true, description });
export const Texts = (description: string): PropertyDecorator => ApiProperty({ type: [String], description });
export const MaybeTexts = (description: string): PropertyDecorator =>
  ApiProperty({ type: 'array', items: { type: 'string', nullable: true }, description });
export const Enum = (description: string, words: readonly string[]): PropertyDecorator =>
  ApiProperty({ type: String, enum: [...words], description });
export const MaybeEnum = (description: string, words: readonly string[]): PropertyDecorator =>
  ApiProperty({ type: String, enum: [...words, null], nullable: true, description });
export const Enums = (description: string, words: readonly string[]): PropertyDecorator =>
  ApiProperty({ type: String, isArray: true, enum: [...words], description });
export const Uuid = (description: string): PropertyDecorator =>
  ApiProperty({ type: String, format: 'uuid', description });
export const MaybeUuid = (description: string): PropertyDecorator =>
  ApiProperty({ type: String, format: 'uuid', nullable: true, description });
export const Instant = (description: string): PropertyDecorator =>
  ApiProperty({ type: String, format: 'date-time', description });
export const MaybeInstant = (description: string): PropertyDecorator =>
  ApiProperty({ type: String, format: 'date-time', nullable: true, description });
export const Integer = (description: string): PropertyDecorator =>
  ApiProperty({ type: 'integer', description });
export const Decimal = (description: string): PropertyDecorator => ApiProperty({ type: Number, description });
export const MaybeDecimal = (description: string): PropertyDecorator =>
  ApiProperty({ type: Number, nullable: true, description });
export const MaybeInteger = (description: string): PropertyDecorator =>
  ApiProperty({ type: 'integer', nullable: true, description });
export const Bool = (description: string): PropertyDecorator => ApiProperty({ type: Boolean, description });

/** A position of the log: decimal digits as text, because it may grow past what JSON numbers hold. */
export const LogPosition = (description: string): PropertyDecorator =>
  ApiProperty({ type: String, pattern: '^\\d+$', description });

export const MaybeLogPosition = (description: string): PropertyDecorator =>
  ApiProperty({ type: String, pattern: '^\\d+$', nullable: true, description });

// A function named `type` is what the library takes for a type to be read later.
type Class = new () => unknown;
export const Nested = (description: string, type: () => Class): PropertyDecorator =>
  ApiProperty({ type: () => type(), description });
export const MaybeNested = (description: string, type: () => Class): PropertyDecorator =>
  ApiProperty({ type: () => type(), nullable: true, description });
export const NestedList = (description: string, type: () => Class): PropertyDecorator =>
  ApiProperty({ type: () => [type()], description });

/** What every answer begins with. */
export abstract class Answer {
  @LogPosition(
    'The log position as of which the response was computed; a query with this `asOf` returns the same bytes',
  )
  asOf!: string;

  @Integer('Version of the journey model at that position; 0 while none is published')
  modelVersion!: number;
}

/** A page of a list. */
export abstract class PageAnswer extends Answer {
  @MaybeText('Pass it as `cursor` for the next page as of the same position; null on the last page')
  next!: string | null;
}
