/** The page at `/` in a real browser: Chromium, of the system (CHROMIUM says where it is). */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub, type TestHub } from '../harness.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** No sandbox: suites run as root. The others: it asks nobody for updates. */
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];

const INK = { light: 'rgb(0, 0, 0)', dark: 'rgb(255, 255, 255)' };

let hub: TestHub;
let browser: Browser;
beforeAll(async () => {
  [hub, browser] = await Promise.all([startTestHub(), chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS })]);
});
afterAll(async () => {
  await browser?.close();
  await hub?.stop();
});

/** What the page said to nobody's face: messages in the console, and what it asked for in vain. */
const complaints: string[] = [];

async function open(width: number, colorScheme: 'light' | 'dark'): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(request.url()));
  await page.goto(hub.address);
  return page;
}

/** What somebody copies who marks the block under a heading. */
async function marked(page: Page, heading: string): Promise<string> {
  await page.locator(`pre[aria-labelledby=${heading}]`).selectText();
  return String(await page.evaluate('getSelection().toString()'));
}

const shell = async (command: string): Promise<string> =>
  (await promisify(execFile)('bash', ['-c', command.replace('curl', 'curl --silent')])).stdout;

describe('the page at /', () => {
  it('gives commands that work as they are copied', async () => {
    const page = await open(1200, 'light');
    expect(await shell(await marked(page, 'send'))).toMatch(/^HTTP\/1.1 201 Created/);
    const answer = JSON.parse(await shell(await marked(page, 'ask'))) as { readonly graph: readonly { id: string }[] };
    expect(answer.graph.map(({ id }) => id)).toContain('dataset:postgres://db:5432:shop.public.daily_orders');
    await page.close();
  });

  it('links to what is there', async () => {
    const page = await open(1200, 'light');
    const links = page.getByRole('listitem').getByRole('link');
    expect(await links.count()).toBeGreaterThan(3);
    for (const link of await links.all()) {
      const url = new URL((await link.getAttribute('href')) ?? '', page.url());
      expect([url.href, (await page.request.get(url.href)).status()]).toEqual([url.href, 200]);
    }
    await page.close();
  });

  it.each([
    ['a large window, light', 1200, 'light'],
    ['a telephone, dark', 360, 'dark'],
  ] as const)('fits %s', async (_, width, scheme) => {
    const page = await open(width, scheme);
    expect(await page.title()).toBe('Headwater');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe(INK[scheme]);
    await page.close();
  });

  it('asks for nothing in vain, and is never stopped by its own policy', () => {
    expect(complaints).toEqual([]);
  });
});
