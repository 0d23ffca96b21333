// What every client must find in a result of the demo, and how a test's order is read and told.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export const UI = 'io.modelcontextprotocol/ui';
export const WIDGET = 'dev.toolface/widget';
export const MANIFEST = 'toolface://manifest';
export const INVALID_PARAMS = -32602;

export function texts(result) {
  assert.deepEqual([...new Set(result.content.map((block) => block.type))], ['text'], 'only text is expected');
  return result.content.map((block) => block.text);
}

export function checkResult(example, result, draws) {
  assert.equal(result.isError, false, `isError: ${texts(result)}`);
  const envelope = result.structuredContent;
  assert.deepEqual(Object.keys(envelope), ['widget_id', 'widget_type', 'data']);
  assert.equal(envelope.widget_id, example.widget_id);
  assert.equal(envelope.widget_type, example.widget_type);
  for (const [name, value] of Object.entries(example.data)) {
    assert.deepEqual(envelope.data[name], value, `data.${name}`);
  }

  const said = texts(result);
  assert.deepEqual(JSON.parse(said[0]), envelope, 'the first text is not the envelope');
  assert.equal(said.length, draws ? 1 : 2, 'blocks of content');
  if (!draws) {
    assert.deepEqual(result.content[1].annotations.audience, ['user']);
    for (const part of example.text) assert.ok(said[1].includes(part), `${part} is not in the Markdown:\n${said[1]}`);
  }

  const widget = result._meta?.[WIDGET];
  assert.deepEqual(Object.keys(widget).sort(), ['copyText', 'degraded', 'id', 'name', 'tree', 'type']);
  assert.deepEqual([widget.id, widget.type, widget.degraded], [example.widget_id, example.widget_type, []]);
  assert.ok(['Card', 'ListView', 'Basic'].includes(widget.tree.type), `root ${widget.tree.type}`);
  const tree = JSON.stringify(widget.tree);
  const hidden = example.hidden ?? [];
  for (const part of [...example.tree, ...hidden]) assert.ok(tree.includes(part), `${part} is not in the tree:\n${tree}`);
  for (const part of hidden) assert.ok(!said.join('').includes(part), `${part} is where the model reads it`);
}

/** A result that says why it failed. */
export function checkRefusal(example, result) {
  assert.equal(result.isError, true, example.why);
  assert.equal(result.structuredContent, undefined, example.why);
  const said = texts(result)[0];
  for (const part of example.says) assert.ok(said.includes(part), `${example.why}: ${part} is not said: ${said}`);
}

/** Tools by name, without those that only views call. */
export function ofModel(tools) {
  const isOfModel = (tool) => JSON.stringify(tool._meta?.ui?.visibility) !== '["app"]';
  return new Map(tools.filter(isOfModel).map((tool) => [tool.name, tool]));
}

/** The manifest tells of every tool what `tools/list` tells of it. */
export function checkManifest(contents, tools) {
  assert.equal(contents[0].mimeType, 'application/json');
  const { bindings } = JSON.parse(contents[0].text);
  assert.deepEqual(bindings.map((b) => b.tool).sort(), [...tools.keys()].sort());
  for (const binding of bindings) {
    const tool = tools.get(binding.tool);
    assert.equal(binding.widget.id, tool._meta[WIDGET].id);
    assert.deepEqual(binding.input_schema, tool.inputSchema);
  }
}

/** Every demo tool has an example. */
export function checkTools(tools, examples) {
  assert.deepEqual([...tools.keys()].sort(), [...new Set(examples.calls.map((e) => e.tool))].sort());
}

function withTimeout(promise, milliseconds) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not done after ${milliseconds} ms`)), milliseconds).unref();
  });
  return Promise.race([promise, late]);
}

/** Does every run of the order on standard input and tells how each went; exits with 1 if any went wrong. */
export async function main(check) {
  const order = JSON.parse(readFileSync(0, 'utf8'));
  const examples = JSON.parse(readFileSync(order.examples, 'utf8'));
  let failed = false;
  for (const run of order.runs) {
    try {
      await withTimeout(check(run, examples), 120_000);
      console.log(`ok ${run.name}`);
    } catch (e) {
      failed = true;
      console.log(`FAILED ${run.name}`);
      console.error(e);
    }
  }
  process.exit(failed ? 1 : 0);
}
