export default async function globalTeardown() {
  await globalThis.touchlineTestServer?.stop();
}
