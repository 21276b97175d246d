import type { SpoolFile } from './spool-files.js';

/** What the spool holds, of which each workspace may fill as much as it leaves free: one alone a half. */
export class SpoolUsage {
  private readonly files = new Map<string, SpoolFile>();
  private readonly bytesOf = new Map<string, number>();
  private total = 0;

  constructor(private readonly mostBytes: number) {}

  /** @returns false: there is no room for so much more of this workspace */
  reserve(workspace: string, bytes: number): boolean {
    const own = this.bytesOf.get(workspace) ?? 0;
    if (own + bytes > this.mostBytes - this.total) return false;
    this.count(workspace, bytes);
    return true;
  }

  release(workspace: string, bytes: number): void {
    this.count(workspace, -bytes);
  }

  add(file: SpoolFile): void {
    this.remove(file);
    this.files.set(file.name, file);
    this.count(file.workspace, file.bytes);
  }

  remove({ name }: Pick<SpoolFile, 'name'>): void {
    const file = this.files.get(name);
    if (file && this.files.delete(name)) this.count(file.workspace, -file.bytes);
  }

  /** Files of which others may have written or recorded some. @param known before they were listed */
  update(known: readonly SpoolFile[], listed: readonly SpoolFile[]): void {
    const names = new Set(listed.map(({ name }) => name));
    for (const file of known) if (!names.has(file.name)) this.remove(file);
    for (const file of listed) this.add(file);
  }

  get all(): readonly SpoolFile[] {
    return [...this.files.values()];
  }

  get bytes(): number {
    return this.total;
  }

  private count(workspace: string, bytes: number): void {
    this.total += bytes;
    const sum = (this.bytesOf.get(workspace) ?? 0) + bytes;
    if (sum > 0) this.bytesOf.set(workspace, sum);
    else this.bytesOf.delete(workspace);
  }
}
