import { IsOptional, Length } from 'class-validator';

export class PublishModelQuery {
  @IsOptional()
  @Length(1, 100)
  by?: string;
}

export const isText = (body: unknown): body is string => typeof body === 'string';
