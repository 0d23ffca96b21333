// Host page 1: the official host library, AppBridge, with the double frame of the spec.

import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';
import { answer, hostContext, hostInfo, log, page, server, strip } from './common.js';

let bridge;

/** Opens the view of a tool as a host would; resolves once the view is initialized. */
async function open(options) {
  const tool = await server.tool(options.tool);
  const { html, csp, sandbox } = await page(tool, options);
  const frame = document.querySelector('#view');
  frame.style.width = `${options.width ?? 720}px`;
  const capabilities = { openLinks: {}, serverTools: {}, logging: {}, message: { text: {} }, sandbox: { csp } };
  bridge = new AppBridge(null, hostInfo, capabilities, { hostContext: hostContext(tool, options) });
  const ready = new Promise((resolve) => (bridge.onsandboxready = resolve));
  const initialized = new Promise((resolve) => (bridge.oninitialized = resolve));
  bridge.onsizechange = ({ width, height }) => {
    log.sizes.push({ width, height });
    if (height !== undefined) frame.style.height = `${height}px`;
  };
  bridge.oncalltool = (params) => answer(params, options);
  bridge.onopenlink = async ({ url }) => (log.links.push(url), {});
  bridge.onmessage = async (params) => (log.messages.push(params), options.refuseMessages ? { isError: true } : {});
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.src = sandbox.href;
  await ready;
  const set = performance.now();
  await bridge.sendSandboxResourceReady({ html });
  await initialized;
  log.times.initialized = performance.now() - set;
}

/** Sends the arguments, calls the tool for the model, and hands the result on. */
async function run(options) {
  const args = options.args ?? {};
  if (!options.noInput) await bridge.sendToolInput({ arguments: args });
  const result = options.result ?? (await server.call({ name: options.tool, arguments: args }));
  const left = strip(result, options.strip);
  await bridge.sendToolResult(left);
}

window.host = {
  log,
  open,
  run,
  partial: (args) => bridge.sendToolInputPartial({ arguments: args }),
  cancel: (reason) => bridge.sendToolCancelled({ reason }),
  context: (context) => bridge.sendHostContextChange(context),
  teardown: () => bridge.teardownResource({}),
  raw: (message) => document.querySelector('#view').contentWindow.postMessage(message, '*'),
};
