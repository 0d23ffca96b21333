// The inspector's command line against a Toolface server, one process per request, as a person would type it.
//
// Reads the same order as client.mjs; `mode` is the inspector's `--protocol-era`.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MANIFEST, UI, checkManifest, checkRefusal, checkResult, ofModel, checkTools, main } from './contract.mjs';

const LAUNCHER = fileURLToPath(import.meta.resolve('@modelcontextprotocol/inspector/package.json'));

/** The inspector's exit codes for a result that says it failed, and for anything else that went wrong. */
const REFUSED = 5;
const FAILED = 1;

/** The inspector keeps files in the home folder: here in one of its own. */
const home = mkdtempSync(path.join(tmpdir(), 'toolface-inspector-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

/** Runs it once: its exit code and what it says. */
function inspect(run, ...args) {
  const target = run.url ? [run.url] : ['--', ...run.command];
  const options = ['--cli', '--protocol-era', run.mode, '--format', 'json', '--quiet'];
  if (run.draws) options.push('--advertise-apps');
  // The options come first; what follows a URL belongs to it as little as what follows `--`.
  const words = [path.join(path.dirname(LAUNCHER), 'clients/launcher/build/index.js'), ...options, ...args, ...target];
  return new Promise((resolve) => {
    const settings = { env: { ...process.env, HOME: home }, maxBuffer: 16 << 20, timeout: 30_000 };
    execFile(process.execPath, words, settings, (error, stdout, stderr) => {
      const [said, told] = [stdout, stderr].map((text) => (text.trim() ? text : '{}'));
      resolve({ code: error ? error.code : 0, stdout: said, stderr: told });
    });
  });
}

/** Its result, where it must have one. */
async function result(run, ...args) {
  const { code, stdout, stderr } = await inspect(run, ...args);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout).result;
}

const call = (example) => [
  '--method', 'tools/call', '--tool-name', example.tool, '--tool-args-json', JSON.stringify(example.arguments),
];

await main(async (run, examples) => {
  const about = await result(run, '--method', 'initialize');
  assert.equal(about.protocolVersion, run.revision);
  assert.equal(about.serverInfo.name, 'shop');
  assert.ok(about.capabilities.extensions[UI], 'the UI extension is not offered');

  // `--strict`: schemas that some model's host would not take are an error.
  const listed = await result(run, '--method', 'tools/list', '--strict');
  const tools = ofModel(listed.tools);
  checkTools(tools, examples);
  for (const example of examples.calls) checkResult(example, await result(run, ...call(example)), run.draws);

  for (const example of examples.refused) {
    // Over stdio every request has a server of its own, which knows nothing of the calls before.
    if (example.after_calls && run.command) continue;
    const { code, stdout } = await inspect(run, ...call(example));
    assert.equal(code, REFUSED, example.why);
    checkRefusal(example, JSON.parse(stdout).result);
  }
  const unknown = await inspect(run, ...call({ tool: 'get_oder', arguments: {} }));
  assert.equal(unknown.code, REFUSED);
  assert.match(unknown.stderr, /get_oder/);

  checkManifest((await result(run, '--method', 'resources/read', '--uri', MANIFEST)).contents, tools);
  const nothing = await inspect(run, '--method', 'resources/read', '--uri', 'toolface://nothing');
  assert.equal(nothing.code, FAILED);
  assert.match(nothing.stderr, /Resource not found: toolface:\/\/nothing/);
  const { prompts } = await result(run, '--method', 'prompts/list');
  assert.deepEqual(prompts.map((prompt) => prompt.name), ['widget-instructions']);
});
