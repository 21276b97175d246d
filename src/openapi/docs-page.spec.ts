import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AddressInfo } from 'node:net';
import { testApp, type TestApp } from '../../test/app.js';
import { hasChromium, NO_CHROMIUM, openBrowser } from '../../test/browser.js';

const inBrowser = hasChromium ? test : test.skip;

let app: TestApp;
let url: string;
beforeAll(async () => {
  app = await testApp();
  await app.app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.app.getHttpServer().address() as AddressInfo).port}`;
});
afterAll(() => app.close());

inBrowser(
  `the page of the API asks the server within its content security policy${NO_CHROMIUM}`,
  async () => {
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      const messages: string[] = [];
      page.on('console', (message) => message.type() === 'error' && messages.push(message.text()));
      page.on('pageerror', (error) => messages.push(String(error)));
      await page.goto(`${url}/`);
      await page.click('.opblock-tag[data-tag="Operation"]');
      await page.click('.opblock-summary-path[data-path="/health/live"]');
      await page.click('.opblock.is-open .execute');
      await page.waitForSelector('.opblock.is-open .live-responses-table');
      expect(await page.textContent('.live-responses-table')).toContain('"live"');
      expect(messages).toEqual([]);
    } finally {
      await browser.close();
    }
  },
);
