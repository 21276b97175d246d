import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsString, Matches, ValidateBy, ValidateIf } from 'class-validator';

/** A line of text that every part of the system can carry: well-formed, no control characters, not blank. */
export const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' &&
  value.trim() !== '' &&
  value.length <= longest &&
  !/\p{Cc}/u.test(value) &&
  value.isWellFormed();

/** Text with a maximum length; surrounding blanks are trimmed. */
export const IsText = (longest: number): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value)),
    ValidateBy({
      name: 'isText',
      validator: {
        validate: (value) => isText(value, longest),
        defaultMessage: () => `must be text of 1 to ${longest} characters on one line`,
      },
    }),
  );

const AMOUNT = { message: 'must be a decimal string such as "120000.00"' };

/** An amount as a decimal string; its currency is checked by the domain. */
export const IsAmount = (): PropertyDecorator =>
  applyDecorators(IsString(AMOUNT), Matches(/^-?\d{1,30}(\.\d{1,30})?$/, AMOUNT));

const INSTANT = /^((19|20|21)\d\d-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i;

/** An RFC 3339 instant with its offset; a day that no calendar has is none. */
export function isInstant(value: unknown): value is string {
  const day = typeof value === 'string' ? INSTANT.exec(value)?.[1] : undefined;
  if (day === undefined || Number.isNaN(Date.parse(String(value)))) return false;
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(+midnight) && midnight.toISOString().startsWith(day);
}

export const IsInstant = (): PropertyDecorator =>
  ValidateBy({
    name: 'isInstant',
    validator: {
      validate: isInstant,
      defaultMessage: () => 'must be a timestamp with an offset, such as 2026-03-01T09:30:00Z',
    },
  });

/** May be left out. `null` is a value, and a wrong one. */
export const Optional = (): PropertyDecorator => ValidateIf((_, value: unknown) => value !== undefined);

/** May be left out or null. */
export const Nullable = (): PropertyDecorator =>
  ValidateIf((_, value: unknown) => value !== undefined && value !== null);
