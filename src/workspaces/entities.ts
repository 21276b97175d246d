import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { CollectorSettings } from './collector-settings.js';
import type { Mapping } from './mapping-schema.js';

export const WRITE_KEY_SCOPES = ['public', 'server'] as const;
export type WriteKeyScope = (typeof WRITE_KEY_SCOPES)[number];

/** Rows of the small configuration tables; docs of the columns in migration 0002. */
@Entity({ schema: 'touchline', name: 'workspace' })
export class Workspace {
  @PrimaryColumn({ type: 'text' })
  slug!: string;

  @Column({ type: 'text' })
  name!: string;

  /** IANA name: days in reports are days of this zone. */
  @Column({ name: 'time_zone', type: 'text' })
  timeZone!: string;

  /** ISO 4217: reports are in this currency. */
  @Column({ type: 'text' })
  currency!: string;
}

@Entity({ schema: 'touchline', name: 'collector' })
export class Collector {
  @PrimaryColumn({ type: 'text' })
  workspace!: string;

  @PrimaryColumn({ type: 'text' })
  name!: string;

  /** In the addresses of its webhooks; unique in the deployment. Made by the database. */
  @Column({ type: 'text', insert: false })
  id!: string;

  /** Name of a wire format; null: whatever its write keys send. */
  @Column({ type: 'text', nullable: true })
  format!: string | null;

  @Column({ type: 'jsonb', default: {} })
  settings!: CollectorSettings;

  @Column({ type: 'jsonb', default: [] })
  mapping!: Mapping;

  @Column({ name: 'created_at', type: 'timestamptz', insert: false })
  createdAt!: Date;

  /** Of its settings or secrets. */
  @Column({ name: 'updated_at', type: 'timestamptz', insert: false })
  updatedAt!: Date;
}

@Entity({ schema: 'touchline', name: 'api_key' })
export class ApiKey {
  @PrimaryColumn({ name: 'key_hash', type: 'text' })
  keyHash!: string;

  @Column({ type: 'text' })
  prefix!: string;

  @Column({ type: 'text' })
  workspace!: string;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;
}

@Entity({ schema: 'touchline', name: 'write_key' })
export class WriteKey {
  @PrimaryColumn({ name: 'key_hash', type: 'text' })
  keyHash!: string;

  @Column({ type: 'text' })
  prefix!: string;

  @Column({ type: 'text' })
  workspace!: string;

  @Column({ type: 'text' })
  collector!: string;

  /** `public`: it is visible in web pages. */
  @Column({ type: 'text' })
  scope!: WriteKeyScope;

  /** Null: as the settings say; likewise the next. */
  @Column({ name: 'events_per_second', type: 'integer', nullable: true })
  eventsPerSecond!: number | null;

  @Column({ name: 'requests_per_second', type: 'integer', nullable: true })
  requestsPerSecond!: number | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;

  /** Of a key that was rotated: valid until then. */
  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;
}

export const CONFIGURATION_ENTITIES = [Workspace, Collector, ApiKey, WriteKey];
