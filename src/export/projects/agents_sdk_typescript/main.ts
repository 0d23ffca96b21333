// A chat in the terminal: each tool's widget is printed as text, then what the agent says about it.

import { createInterface } from "node:readline/promises";

import { type AgentInputItem, type Model, RunToolCallOutputItem, run } from "@openai/agents";

import { load } from "./project.ts";
import { type Captured, build, connection, keep, reopen } from "./team.ts";

/** Reads questions from standard input, a line each, until it ends. */
export async function chat(model?: Model): Promise<void> {
  const project = load();
  const server = connection(project, keep);
  await server.connect();
  try {
    const triage = build(project, server, model);
    let history: AgentInputItem[] = [];
    const lines = createInterface({ input: process.stdin });
    if (process.stdin.isTTY) process.stdout.write("> ");
    for await (const question of lines) {
      if (question.trim()) history = await answer(triage, server, history, question.trim());
      if (process.stdin.isTTY) process.stdout.write("> ");
    }
  } finally {
    await server.close();
  }
}

/** Answers one question and prints it; gives what has been said with it. */
async function answer(
  triage: ReturnType<typeof build>,
  server: ReturnType<typeof connection>,
  history: AgentInputItem[],
  question: string,
) {
  try {
    await reopen(server);
    // Every question begins at the triage agent, with all that was said before.
    const result = await run(triage, [...history, { role: "user", content: question }]);
    for (const item of result.newItems) {
      if (!(item instanceof RunToolCallOutputItem) || item.customData === undefined) continue;
      const { tool, widget } = item.customData as unknown as Captured;
      console.log(`[${tool} → ${widget.type} ${widget.id}]\n${widget.text ?? widget.copyText}\n`);
    }
    console.log(`${result.lastAgent?.name}: ${result.finalOutput}\n`);
    return result.history;
  } catch (error) {
    console.error(`That did not work: ${error instanceof Error ? error.message : String(error)}\n`);
    return history;
  }
}

if (import.meta.main) {
  await chat().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    console.error("Is the server running? TOOLFACE_URL or TOOLFACE_STDIO say where it is; see README.md.");
    process.exitCode = 1;
  });
}
