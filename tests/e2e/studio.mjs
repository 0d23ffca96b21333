// What the tests of the studio need: a project served, its studio open in a browser, and nothing that went wrong unseen.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { ARGS, PATIENCE, executablePath } from './browser.mjs';
import { repository, serve } from './server.mjs';

/** A folder of files, by path; gone with `close`. */
export function folder(files) {
  const path = mkdtempSync(join(tmpdir(), 'toolface-studio-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), typeof text === 'string' ? text : JSON.stringify(text));
  }
  return { path, close: () => rmSync(path, { recursive: true, force: true }) };
}

export class Studio {
  /** The studio of a project, the demo's if none is named. */
  static async start(project = repository) {
    const studio = new Studio();
    studio.server = await serve(project);
    studio.browser = await chromium.launch({ executablePath, args: ARGS });
    return studio;
  }

  /** Opens a route in a page of its own; `errors` has what the console complained of, `requests` what went elsewhere. */
  async open(route = '', { size = { width: 1280, height: 720 }, ...options } = {}) {
    const context = await this.browser.newContext({ viewport: size, reducedMotion: 'reduce', colorScheme: 'light', permissions: ['clipboard-read', 'clipboard-write'], ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.errors = [];
    page.requests = [];
    // A conflict is an answer, though the browser calls it an error.
    page.on('console', (message) => message.type() === 'error' && !/status of 409/.test(message.text()) && page.errors.push(message.text()));
    page.on('pageerror', (error) => page.errors.push(String(error)));
    page.on('request', (request) => !request.url().startsWith(this.server.url) && !/^(data|about|blob):/.test(request.url()) && page.requests.push(request.url()));
    await page.goto(`${this.server.url}/studio${route}`);
    return page;
  }

  /** Runs a test on a route; whatever happened, nothing failed quietly and nothing was asked of anyone else. */
  async on(route, test, options) {
    const page = await this.open(route, options);
    try {
      await test(page);
    } catch (error) {
      error.stack += `\nAt ${page.url()}:\n${(await page.locator('body').innerText().catch(() => '')).slice(0, 3000)}\nErrors:\n${page.errors.join('\n')}`;
      throw error;
    } finally {
      await page.context().close();
    }
    assert.deepEqual({ errors: page.errors, requests: page.requests }, { errors: [], requests: [] });
  }

  async close() {
    await this.browser?.close();
    this.server?.close();
  }
}

/** What axe finds that is serious. The views within are tested on their own. */
export async function findings(page, what) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run({ exclude: [['iframe'], ['[inert]']] }, { resultTypes: ['violations'], iframes: false }));
  const bad = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return bad.map(({ id, nodes }) => `${what}: ${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n').slice(0, 600)}`);
}

/** The view in the page, ready to be pressed. */
export async function view(page, index = 0) {
  const frame = page.locator('iframe').nth(index);
  await frame.waitFor();
  return frame.contentFrame();
}
