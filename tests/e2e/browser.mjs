// Debian's Chromium, a host page in it, and the view in that: what the tests drive. Whatever the view asks of the
// network and whatever its policy refused is kept, for every test to find nothing.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { connect, pages, repository } from './server.mjs';

/** One process for all frames: with one for each, a busy machine loses clicks and frames on the way between them. */
export const ARGS = ['--no-sandbox', '--force-color-profile=srgb', '--disable-site-isolation-trials', '--disable-features=IsolateSandboxedIframes'];

export const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

/** Longest wait for anything, on a machine that builds something else meanwhile. */
export const PATIENCE = 15_000;

/** Runs in every frame before anything else: tells of refusals by the policy, and when a result was painted. */
function witness() {
  document.addEventListener('securitypolicyviolation', (event) =>
    console.error(`[csp] ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`),
  );
  window.addEventListener('message', ({ data }) => {
    if (data?.method !== 'ui/notifications/tool-result') return;
    const root = document.getElementById('root');
    if (!root) return;
    const start = performance.now();
    new MutationObserver((_, observer) => {
      observer.disconnect();
      // The task after the next frame runs when that frame is painted.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => (window.painted = performance.now() - start);
        port2.postMessage(null);
      });
    }).observe(root, { childList: true, subtree: true });
  });
}

export class Stage {
  /** Starts all there is: browser, host pages, and a server per name of `projects` (folder and transport). */
  static async start(projects = { http: [repository, 'http'] }) {
    const stage = new Stage();
    stage.browser = await chromium.launch({ executablePath, args: ARGS });
    stage.pages = await pages();
    stage.servers = [];
    for (const [name, [project, transport]] of Object.entries(projects)) {
      const server = await connect(project, transport);
      stage.servers.push(server);
      stage.pages.clients.set(name, server.client);
    }
    return stage;
  }

  client(name = 'http') {
    return this.pages.clients.get(name);
  }

  /** A view of a tool in a host, initialized; with `run` its arguments and result were sent too. */
  async open(options) {
    const view = new View();
    const { kind = 'bridge', client = 'http', run = true, init, ...rest } = options;
    const scheme = { colorScheme: 'light', reducedMotion: 'reduce', ...options.media };
    view.browserContext = await this.browser.newContext({ viewport: { width: 900, height: 900 }, ...scheme });
    const page = (view.page = await view.browserContext.newPage());
    view.errors = [];
    view.requests = [];
    page.setDefaultTimeout(PATIENCE);
    page.on('console', (message) => message.type() === 'error' && view.errors.push(message.text()));
        // AppRenderer sends its first host context before it is connected; that is its own.
    page.on('pageerror', (error) => /Not connected/.test(error) || view.errors.push(String(error)));
    page.on('request', (request) => {
      const url = request.url();
      const own = url.startsWith(this.pages.host) || url.startsWith(this.pages.sandbox);
      if (!own && !/^(data|about):/.test(url)) view.requests.push(url);
    });
    await page.addInitScript(witness);
    if (init) await page.addInitScript(init);
    await page.goto(`${this.pages.host}/${kind}.html?client=${client}`);
    view.options = { sandbox: this.pages.sandbox, ...rest };
    await within(PATIENCE, 'the view to be initialized', page.evaluate((given) => window.host.open(given), view.options));
    view.frame = page.frameLocator('iframe').frameLocator('iframe');
    if (run) {
      await view.run();
      await view.settled();
    }
    return view;
  }

  async close() {
    await this.browser?.close();
    this.pages?.close();
    await Promise.all((this.servers ?? []).map((server) => server.close()));
  }
}

function within(milliseconds, what, promise) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`waited too long for ${what}`)), milliseconds).unref());
  return Promise.race([promise, late]);
}

class View {
  /** Sends arguments and result, as `options` of `open` or other ones. */
  run(options) {
    return this.page.evaluate((given) => window.host.run(given), { ...this.options, ...options });
  }
  /** Calls a function of the host page. */
  host(name, ...given) {
    return this.page.evaluate(([what, args]) => window.host[what](...args), [name, given]);
  }
  /** What the host was told and asked, but for what the view reports of itself. */
  log() {
    return this.page.evaluate(() => ({ ...window.host.log, calls: window.host.log.calls?.filter(({ name }) => name !== 'toolface_seen') }));
  }
  /** Waits until the frame is as high as the view told last, and stays so: before that a click may miss. */
  settled() {
    return this.page.waitForFunction(async () => {
      const told = () => window.host.log.sizes.at(-1)?.height;
      const before = told();
      await new Promise((resolve) => setTimeout(resolve, 60));
      return before === told() && Math.abs(document.querySelector('iframe').getBoundingClientRect().height - before) < 1;
    });
  }
  /** The innermost frame, for what a locator cannot do. */
  async inner() {
    await this.frame.locator('#root').waitFor({ state: 'attached' });
    return this.page.frames().find((frame) => frame.parentFrame()?.parentFrame());
  }
  /** Waits for a text of the view. */
  sees(text) {
    return this.frame.getByText(text).first().waitFor({ timeout: PATIENCE });
  }
  button(name) {
    return this.frame.getByRole('button', { name });
  }
  text() {
    return this.frame.locator('body').innerText();
  }
  /** Waits until the host page's log has it. */
  async logged(probe) {
    await this.page.waitForFunction(`(${probe})(window.host.log)`, undefined, { timeout: PATIENCE });
    return this.log();
  }
  /** Ends it; whatever happened, no policy was broken, nothing was fetched and no script failed. */
  async close() {
    await this.browserContext.close();
    assert.deepEqual({ errors: this.errors, requests: this.requests }, { errors: [], requests: [] });
  }
}

/** Runs a test on a view, closing it whatever happens. */
export async function withView(stage, options, test) {
  const view = await stage.open(options);
  try {
    await test(view);
  } catch (error) {
    const body = await view.text().catch(() => '(no view)');
    error.stack += `\nThe view shows:\n${body}\nErrors:\n${view.errors.join('\n')}\nLog: ${JSON.stringify(await view.log().catch(() => null)).slice(0, 2000)}`;
    await view.browserContext.close();
    throw error;
  }
  await view.close();
}
