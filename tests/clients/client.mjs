// The official TypeScript client against a Toolface server: the contract as that client sees it.
//
// Reads one JSON object from standard input: `examples`, the path of examples.json, and `runs`, each with a name, what
// to check, the mode to negotiate in, the revision that must come out of it, whether the client draws views, and a
// server of its own (`url`, or `command`). Tells each run on standard output; exits with 1 if any went wrong.

import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';
import { INVALID_PARAMS, MANIFEST, UI, checkManifest, checkRefusal, checkResult, ofModel, checkTools, main } from './contract.mjs';

/** The SDK's own validator, which also tells what it was asked to judge and how it judged. */
class Witness {
  inner = new AjvJsonSchemaValidator();
  verdicts = [];
  getValidator(schema) {
    const validate = this.inner.getValidator(schema);
    return (value) => {
      const verdict = validate(value);
      this.verdicts.push({ value, valid: verdict.valid });
      return verdict;
    };
  }
}

/** The SDK checks `structuredContent` by `outputSchema`: it did so for this result, and a wrong one does not pass. */
function checkValidation(witness, tool, result) {
  assert.ok(tool.outputSchema, `no outputSchema for ${tool.name}`);
  const judged = witness.verdicts.filter((v) => v.value === result.structuredContent);
  assert.ok(judged.length > 0, `the SDK did not check the result of ${tool.name}`);
  assert.ok(judged.every((v) => v.valid));
  const validate = new AjvJsonSchemaValidator().getValidator(tool.outputSchema);
  for (const change of [{ widget_id: 'wig_other' }, { widget_type: 1 }, { data: [] }]) {
    const wrong = { ...result.structuredContent, ...change };
    assert.equal(validate(wrong).valid, false, `the outputSchema of ${tool.name} lets pass ${JSON.stringify(change)}`);
  }
}

/** The code and message a promise is refused with. */
async function refusal(promise) {
  try {
    await promise;
  } catch (e) {
    return e;
  }
  return assert.fail('this should have been refused');
}

async function checkRefusals(client, examples) {
  for (const example of examples.refused) {
    checkRefusal(example, await client.callTool({ name: example.tool, arguments: example.arguments }));
  }
  const unknown = await refusal(client.callTool({ name: 'get_oder', arguments: {} }));
  assert.equal(unknown.code, INVALID_PARAMS, String(unknown));
  assert.match(unknown.message, /get_order/);
}

async function checkResources(client, tools) {
  const { resources } = await client.listResources();
  assert.ok(resources.some((r) => r.uri === MANIFEST), 'the manifest is not listed');
  checkManifest((await client.readResource({ uri: MANIFEST })).contents, tools);
  const unknown = await refusal(client.readResource({ uri: 'toolface://nothing' }));
  assert.ok([-32602, -32002].includes(unknown.code), String(unknown));
}

/** Many calls at once: each answer belongs to its question. */
async function checkConcurrency(client) {
  const orders = Array.from({ length: 36 }, (_, n) => String(1001 + (n % 6)));
  const call = (order) => client.callTool({ name: 'get_order', arguments: { order_id: order } });
  const results = await Promise.all(orders.map(call));
  assert.deepEqual(results.map((r) => r.structuredContent.data.orderId), orders);
}

/** An argument that travels in a header too, as 2026-07-28 has it over HTTP: the client sends it, the server checks it. */
async function checkHeaders(client) {
  for (const region of ['eu-west', 'Zürich ✓', ' =?base64?x?= ']) {
    const result = await client.callTool({ name: 'region_card', arguments: { region } });
    assert.equal(result.structuredContent.widget_id, 'wig_region', region);
  }
}

async function checkContract(client, witness, run, examples) {
  assert.equal(client.getServerVersion().name, 'shop');
  assert.ok(client.getServerCapabilities().extensions[UI], 'the UI extension is not offered');
  assert.match(client.getInstructions(), /Pedal & Plum/);
  const tools = ofModel((await client.listTools()).tools);
  checkTools(tools, examples);
  for (const example of examples.calls) {
    const where = `${example.tool} ${JSON.stringify(example.arguments)}`;
    try {
      const result = await client.callTool({ name: example.tool, arguments: example.arguments });
      checkResult(example, result, run.draws);
      checkValidation(witness, tools.get(example.tool), result);
    } catch (e) {
      throw new Error(`in ${where}: ${e.message}`, { cause: e });
    }
  }
  await checkRefusals(client, examples);
  await checkResources(client, tools);
  await checkConcurrency(client);
  if (run.mode !== 'legacy') {
    const subscription = await client.listen({ toolsListChanged: true });
    assert.equal(subscription.honoredFilter.toolsListChanged, true);
    await subscription.close();
    assert.equal(await subscription.closed, 'local');
  }
}

await main(async (run, examples) => {
  const witness = new Witness();
  const mode = ['legacy', 'auto'].includes(run.mode) ? run.mode : { pin: run.mode };
  const extensions = { [UI]: { mimeTypes: ['text/html;profile=mcp-app'] } };
  const client = new Client(
    { name: 'toolface-tests', version: '1.0.0' },
    {
      capabilities: run.draws ? { extensions } : {},
      versionNegotiation: { mode },
      jsonSchemaValidator: witness,
    },
  );
  const transport = run.url
    ? new StreamableHTTPClientTransport(new URL(run.url))
    : new StdioClientTransport({ command: run.command[0], args: run.command.slice(1), stderr: 'inherit' });
  await client.connect(transport);
  try {
    assert.equal(client.getNegotiatedProtocolVersion(), run.revision);
    await (run.check === 'headers' ? checkHeaders(client) : checkContract(client, witness, run, examples));
  } finally {
    await client.close();
  }
});
