import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Input, UnreadableInput } from './input.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-input-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const text = Array.from({ length: 50_000 }, (_, nth) => `{"nr":${nth},"name":"Zoë"}\n`).join('');

async function readAll(bytes: Buffer, encoding?: string): Promise<{ text: string; read: number }> {
  const path = join(folder, 'input');
  await writeFile(path, bytes);
  const input = new Input(path, encoding);
  const chunks: Buffer[] = [];
  await input.peek();
  for await (const chunk of input.chunks()) chunks.push(chunk);
  return { text: Buffer.concat(chunks).toString('utf8'), read: input.bytesRead };
}

const half = text.indexOf('\n', text.length / 2) + 1;
const halves = [text.slice(0, half), text.slice(half)].map((part) => Buffer.from(part));

test.each<[string, Buffer]>([
  ['a plain file', Buffer.from(text)],
  ['a file of gzip', gzipSync(text)],
  ['a file of several members of gzip', Buffer.concat(halves.map((part) => gzipSync(part)))],
  ['a file of Zstandard', zstdCompressSync(text)],
  ['a file of several frames of Zstandard', Buffer.concat(halves.map((part) => zstdCompressSync(part)))],
])('%s is read whole, whatever it is called', async (_, bytes) => {
  expect(await readAll(bytes)).toEqual({ text, read: bytes.length });
});

test.each([
  ['windows-1252', Buffer.from('Zoë €\n', 'latin1').fill(0x80, 4, 5), 'Zoë €\n'],
  ['utf-16le', Buffer.from('\ufeffZoë €\n', 'utf16le'), 'Zoë €\n'],
])('text in %s is read as UTF-8', async (encoding, bytes, expected) => {
  expect((await readAll(bytes, encoding)).text).toBe(expected);
});

test('an empty file has no bytes', async () => {
  expect(await readAll(Buffer.alloc(0))).toEqual({ text: '', read: 0 });
});

test.each<[string, Buffer]>([
  ['gzip', gzipSync(text)],
  ['Zstandard', zstdCompressSync(text)],
])('a file of %s that is cut off cannot be read to its end', async (_, bytes) => {
  await expect(readAll(bytes.subarray(0, bytes.length - 100))).rejects.toThrow(UnreadableInput);
});

test('a file that is not there cannot be read', async () => {
  await expect(new Input(join(folder, 'nowhere')).peek()).rejects.toThrow(UnreadableInput);
});
