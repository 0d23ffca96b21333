// The generated TypeScript project: its agents, its tools and its terminal chat, with a scripted model. Order and
// output are those of sdk.py.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";

import { RunToolCallOutputItem, getGlobalTraceProvider, run } from "@openai/agents";
import { ScriptedModel, assistantMessage, functionCall, modelError, modelResponder } from "@openai/agents/testing";

// Nothing but this machine can be reached.
const reached = [];
const { fetch } = globalThis;
globalThis.fetch = async (input, init) => {
  const { hostname } = new URL(input instanceof Request ? input.url : input);
  if (["127.0.0.1", "[::1]", "localhost"].includes(hostname)) return fetch(input, init);
  reached.push(hostname);
  throw new Error(`${hostname} is not this machine`);
};

const order = JSON.parse(readFileSync(0, "utf8"));
const { load } = await import(pathToFileURL(`${order.project}/project.ts`));
const { build, connection, keep } = await import(pathToFileURL(`${order.project}/team.ts`));
const { chat } = await import(pathToFileURL(`${order.project}/main.ts`));
const project = load();

// What a model provider takes as the name of a function.
const FUNCTION = /^[A-Za-z0-9_-]{1,64}$/;
let calls = 0;
const call = (name, args) => [functionCall(name, args, { callId: `call_${calls++}` })];

/** What the model does with a question: it hands over, calls the tool, and says `done`. */
function steps(question) {
  const route = project.routes.find(({ name }) => name === question.route);
  const handsOver = ({ request }) => {
    assert.deepEqual(request.tools, [], "tools of the triage agent");
    const offered = request.handoffs.map(({ toolName }) => toolName);
    assert.deepEqual(offered.toSorted(), project.routes.map(({ handoff }) => handoff).toSorted());
    for (const name of offered) assert.match(name, FUNCTION);
    return call(route.handoff, {});
  };
  const callsTheTool = ({ request }) => {
    const names = request.tools.map(({ name }) => name);
    for (const name of names) assert.match(name, FUNCTION);
    assert.deepEqual([new Set(names).size, names.length], [route.tools.length, route.tools.length], "tools");
    if (route.tools.every((name) => /^[a-z_]+$/.test(name))) assert.deepEqual(names.toSorted(), route.tools.toSorted());
    // Odd names become others; those tools name themselves in their description.
    const chosen = names.includes(question.tool)
      ? question.tool
      : request.tools.find(({ description }) => description.includes(`"${question.tool}"`)).name;
    return call(chosen, question.arguments);
  };
  return [modelResponder(handsOver), modelResponder(callsTheTool), [assistantMessage("done")]];
}

async function ask(question) {
  const model = new ScriptedModel(steps(question));
  const server = connection(project, keep);
  await server.connect();
  const result = await run(build(project, server, model), "a question").finally(() => server.close());
  model.assertComplete();
  assert.equal(result.lastAgent.name, question.route, "the agent that answered");
  const kept = result.newItems.filter((item) => item instanceof RunToolCallOutputItem && item.customData);
  assert.equal(kept.length, 1, "results kept");
  const { tool, envelope, widget } = kept[0].customData;
  assert.equal(tool, question.tool);
  assert.deepEqual(envelope, question.envelope);
  assert.deepEqual(widget.tree, question.tree);
  assert.equal(project.tools[tool].widgets[widget.id], widget.type, "the widget id");
  const read = model.lastCall.request.input.at(-1).output;
  assert.deepEqual(JSON.parse(read.text ?? read), question.envelope, "what the model reads");
}

/** Runs the terminal chat on these lines; gives what it printed. */
async function typed(lines, model) {
  const printed = { log: "", error: "" };
  const before = { log: console.log, error: console.error };
  const stdin = Object.getOwnPropertyDescriptor(process, "stdin");
  Object.defineProperty(process, "stdin", { value: Readable.from([lines]), configurable: true });
  for (const way of ["log", "error"]) console[way] = (text) => (printed[way] += `${text}\n`);
  try {
    await chat(model);
  } finally {
    Object.assign(console, before);
    Object.defineProperty(process, "stdin", stdin);
  }
  model.assertComplete();
  return printed;
}

for (const question of order.questions) {
  await ask(question);
  console.log(`ok ${question.route}: ${question.tool} ${JSON.stringify(question.arguments)}`);
}
const script = [modelError(new Error("no sense")), ...order.questions.flatMap(steps)];
const printed = await typed("nonsense\n\n" + "a question\n".repeat(order.questions.length), new ScriptedModel(script));
assert.match(printed.error, /no sense/);
let at = 0;
for (const { route, tool, text } of order.questions) {
  const heads = Object.entries(project.tools[tool].widgets).map(([id, kind]) => `[${tool} → ${kind} ${id}]\n`);
  const found = Math.max(...heads.map((head) => printed.log.indexOf(head + text, at)));
  assert.ok(found >= 0, `the widget is not shown: ${heads} ${text}\nin:\n${printed.log.slice(at)}`);
  at = printed.log.indexOf(`${route}: done\n`, found);
  assert.ok(at >= 0, "the answer is not shown");
}
// Also what runs in the background tried nothing else.
await getGlobalTraceProvider().forceFlush();
assert.deepEqual(reached, [], "the project reaches out");
console.log("ok the chat");
