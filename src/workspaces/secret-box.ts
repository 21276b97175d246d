import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Of the sealed form, its first byte. */
const VERSION = 1;
const [KEY_BYTES, NONCE_BYTES, TAG_BYTES] = [32, 12, 16];

/** A sealed secret does not open: it was sealed with another key, or was changed. */
export class SecretUnreadable extends Error {
  override readonly name = 'SecretUnreadable';
}

/**
 * Seals secrets for the database (AES-256-GCM). The key is the first of the setting TOUCHLINE_SECRET_KEY, whose further ones open what
 * was sealed before a rotation; else a file of the data folder, which is made when the first secret is sealed.
 */
export class SecretBox {
  #keys: Promise<readonly Buffer[]> | undefined;

  /** @param configured keys of 32 bytes in base64 or hex; empty: the file of the data folder */
  constructor(
    private readonly configured: readonly string[],
    private readonly dataDir: string,
  ) {}

  /** @param context what the secret belongs to; sealed for one, it does not open for another */
  async seal(text: string, context: string): Promise<Buffer> {
    const nonce = randomBytes(NONCE_BYTES);
    const [key = Buffer.alloc(0)] = await this.keys(true);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.from([VERSION]), nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws SecretUnreadable */
  async open(sealed: Buffer, context: string): Promise<string> {
    for (const key of await this.keys(false)) {
      const text = opened(sealed, key, context);
      if (text !== undefined) return text;
    }
    throw new SecretUnreadable(
      'The secret was encrypted with another key; check TOUCHLINE_SECRET_KEY or secret.key of the data folder',
    );
  }

  private async keys(isMade: boolean): Promise<readonly Buffer[]> {
    this.#keys ??=
      this.configured.length > 0
        ? Promise.resolve(this.configured.flatMap((text) => parseSecretKey(text) ?? []))
        : keyOfFile(this.dataDir, isMade).then((key) => [key]);
    try {
      return await this.#keys;
    } catch (error) {
      this.#keys = undefined;
      throw error;
    }
  }
}

/** Undefined: it was sealed with another key or for another context, or was changed. */
function opened(sealed: Buffer, key: Buffer, context: string): string | undefined {
  const [nonceEnd, tagEnd] = [1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES];
  if (sealed[0] !== VERSION || sealed.length < tagEnd) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, nonceEnd));
  decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(nonceEnd, tagEnd));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(tagEnd)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** The 32 bytes of a key in hex or base64; undefined when it is none. */
export function parseSecretKey(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64');
  return bytes.length === KEY_BYTES ? bytes : undefined;
}

export const secretKeyFile = (dataDir: string): string => join(dataDir, 'secret.key');

/** @throws SecretUnreadable */
async function keyOfFile(dataDir: string, isMade: boolean): Promise<Buffer> {
  const file = secretKeyFile(dataDir);
  if (isMade) await makeKeyFile(file);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SecretUnreadable(`${file} cannot be read, and TOUCHLINE_SECRET_KEY is not set`, { cause });
  });
  const key = parseSecretKey(text.trim());
  if (key) return key;
  throw new SecretUnreadable(`${file} does not hold 32 bytes in hex`);
}

/** Readable by the owner only, whole and on the disk before a secret is sealed with it. Another process may be quicker. */
async function makeKeyFile(file: string): Promise<void> {
  if (existsSync(file)) return;
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${randomBytes(KEY_BYTES).toString('hex')}\n`, {
    flag: 'wx',
    mode: 0o600,
    flush: true,
  });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
}
