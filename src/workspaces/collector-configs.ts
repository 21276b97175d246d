import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CollectorConfig } from './collector-config.js';
import type { CollectorSettings } from './collector-settings.js';
import type { Mapping } from './mapping-schema.js';
import { SecretBox, SecretUnreadable } from './secret-box.js';

interface Row {
  readonly id: string;
  readonly workspace: string;
  readonly name: string;
  readonly format: string | null;
  readonly settings: CollectorSettings;
  readonly mapping: Mapping;
  /** Of the last change, and of the secrets that are live. */
  readonly version: string;
  readonly secrets: readonly Buffer[] | null;
}

/** A workspace of before has one collector without any configuration: it costs nothing here. */
const LOAD = `
  SELECT c.id, c.workspace, c.name, c.format, c.settings, c.mapping, s.secrets,
         c.updated_at::text || coalesce(s.ids, '') AS version
  FROM touchline.collector c
  LEFT JOIN LATERAL (
    SELECT array_agg(sealed ORDER BY created_at DESC, id) AS secrets, string_agg(id::text, ' ' ORDER BY id) AS ids
    FROM touchline.collector_secret s
    WHERE s.workspace = c.workspace AND s.collector = c.name AND (s.expires_at IS NULL OR s.expires_at > now())
  ) s ON true
  WHERE c.format IS NOT NULL OR c.settings <> '{}' OR c.mapping <> '[]'`;

/** What a secret is sealed for: it does not open for another collector. */
export const secretContext = (workspace: string, collector: string): string => `${workspace}/${collector}`;

/** Reads what collectors are configured to. Secrets are decrypted once for each change. */
@Injectable()
export class CollectorConfigs {
  private readonly log = new Logger('collectors');
  private known = new Map<string, { readonly version: string; readonly config: CollectorConfig }>();

  constructor(
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(SecretBox) private readonly box: SecretBox,
  ) {}

  async load(): Promise<readonly CollectorConfig[]> {
    const rows = await this.database.query<Row[]>(LOAD);
    const known = new Map<string, { version: string; config: CollectorConfig }>();
    for (const row of rows) {
      const same = this.known.get(row.id);
      if (same?.version === row.version) known.set(row.id, same);
      else known.set(row.id, { version: row.version, config: await this.configOf(row) });
    }
    this.known = known;
    return [...known.values()].map(({ config }) => config);
  }

  private async configOf({
    id,
    workspace,
    name,
    format,
    settings,
    mapping,
    secrets,
  }: Row): Promise<CollectorConfig> {
    const config = { id, workspace, name, format, settings, mapping };
    try {
      const context = secretContext(workspace, name);
      return {
        ...config,
        secrets: await Promise.all((secrets ?? []).map((sealed) => this.box.open(sealed, context))),
      };
    } catch (error) {
      if (!(error instanceof SecretUnreadable)) throw error;
      this.log.error(
        `the secrets of collector "${name}" in workspace "${workspace}" cannot be read: ${error.message}`,
      );
      return { ...config, secrets: [], areSecretsUnreadable: true };
    }
  }
}
