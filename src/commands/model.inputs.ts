import { IsOptional, Length } from 'class-validator';

export class PublishModelQuery {
  @IsOptional()
  @Length(1, 100)
  by?: string;
}
