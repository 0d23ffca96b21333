// The page of a widget in an MCP Apps host: joins the wire, where trees come from, what actions do, and the drawing.

import { render } from "preact";
import type { Action, FormValues, Host, PageData } from "../shared/contract";
import { argumentsFor, sentence, withForm } from "./action";
import { Bridge, METHOD_NOT_FOUND, Refused } from "./bridge";
import { outline, seen } from "./look";
import { openai } from "./openai";
import "./page.css";
import { Report } from "./report";
import { type Result, type Values, identity, isObject } from "./result";
import { Show } from "./show";
import { watchHeight } from "./size";
import { type CallTool, type Found, find, findAnswer } from "./source";
import { apply, hear, surroundings, toolInfo, watchTheme } from "./surroundings";

/** Longest wait for a tool. */
const PATIENCE = 120_000;
/** Longest wait for the host's welcome where there is another way. */
const SILENCE = 1_000;

const data: PageData = JSON.parse(
  document.getElementById("toolface")?.textContent ?? '{"version":1,"widget":{"name":"","title":""},"tools":{}}',
);
const root = document.getElementById("root")!;
const status = document.getElementById("status")!;

let found: Found | undefined;
/** Whether a result was found; a cancelled call leaves a card too. */
let settled = false;
let said = "";
/** Whether the bridge brought a result. */
let bridged = false;
/** The tool that made what is shown, once an action replaced what the page was opened with. */
let maker: string | undefined;
let input: Values | undefined;
/** The last result as it came: hosts send one again when they draw their own page anew. */
let last = "";
/** Counts what was begun, so that the answer to something older never covers something newer. */
let turn = 0;

const bridge = new Bridge(
  {
    "ui/notifications/tool-input": (params) => {
      input = params.arguments ?? {};
      running();
    },
    "ui/notifications/tool-input-partial": running,
    "ui/notifications/tool-result": (result: Result) => {
      bridged = true;
      void receive(result);
    },
    "ui/notifications/tool-cancelled": (params) => cancelled(params.reason),
    "ui/notifications/host-context-changed": (context) => {
      hear(context);
      draw();
    },
    "dev.toolface/outline": (params) => outline(found?.kind === "tree" ? found.tree : undefined, params.path),
  },
  { ping: () => ({}), "ui/resource-teardown": () => ({}), "dev.toolface/seen": () => seen(root, settled) },
);

/** Asks the host, by the bridge if it was welcomed there. */
let ask = (method: string, params: object): Promise<any> => bridge.request(method, params as any, PATIENCE);
let welcomed!: () => void;
const ready = new Promise<void>((resolve) => (welcomed = resolve));

const callTool: CallTool = async (name, args) => {
  await ready;
  return ask("tools/call", { name, arguments: args });
};

const report = data.report ? new Report(callTool, () => maker ?? opener()) : undefined;

/** The page's own name for the tool it was opened for; some hosts put the server's name before it. */
function opener(): string | undefined {
  const names = Object.keys(data.tools).filter((name) => data.tools[name]!.opens);
  const longest = names.toSorted((a, b) => b.length - a.length);
  const told = toolInfo()?.name;
  if (told === undefined) return names.length === 1 ? names[0] : undefined;
  return names.find((name) => name === told) ?? longest.find((name) => told.endsWith(name));
}

function running(): void {
  const tool = opener();
  if (!settled) say((tool && data.tools[tool]?.invoking) || "Working…");
}

/** The line below the widget; a quiet one is only read aloud. */
function say(text: string, quiet = false): void {
  status.textContent = text;
  status.classList.toggle("quiet", quiet);
}

async function receive(result: Result): Promise<void> {
  const text = identity(result);
  if (text === last) return;
  last = text;
  const mine = ++turn;
  const tool = opener();
  const known = tool ? data.tools[tool] : undefined;
  const args = input ?? openai.input();
  const harmless = known?.readOnly ?? toolInfo()?.annotations?.readOnlyHint ?? false;
  const now = await find(result, callTool, tool && args && harmless ? { tool, args } : undefined);
  if (mine !== turn) return;
  maker = tool;
  settled = true;
  report?.about(result);
  show(now);
  report?.drawn();
  say(now.kind === "failure" ? "" : (known?.invoked ?? ""), true);
}

function cancelled(reason: unknown): void {
  if (settled) return;
  turn++;
  show({ kind: "text", text: typeof reason === "string" && reason ? `Cancelled: ${reason}` : "Cancelled." });
  say("");
}

function show(next: Found, note = ""): void {
  found = next;
  said = note;
  draw();
}

let host: Host = { ...surroundings(), act, open };

function draw(): void {
  const around = surroundings();
  apply(around);
  const same = Object.entries(around).every(([name, value]) => host[name as keyof Host] === value);
  if (!same) host = { ...around, act, open };
  if (found) render(<Show found={found} host={host} said={said} />, root);
}

function binding(action: Action) {
  const tools = Object.values(data.tools);
  const own = maker === undefined ? undefined : data.tools[maker]?.actions[action.type];
  return own ?? tools.map((tool) => tool.actions[action.type]).find((bound) => bound !== undefined);
}

async function act(action: Action, values: FormValues | undefined): Promise<void> {
  const payload = withForm(action.payload, values);
  report?.action(action.type);
  const bound = action.handler === "client" ? undefined : binding(action);
  if (!bound) return tell(action, payload);
  const mine = ++turn;
  let result: Result;
  try {
    result = await callTool(bound.tool, argumentsFor(bound, payload));
  } catch (error) {
    if (error instanceof Refused && error.code === METHOD_NOT_FOUND) return tell(action, payload);
    throw error;
  }
  const answer = await findAnswer(result, callTool);
  if (answer.kind === "failure") throw new Error(answer.text);
  if (mine !== turn) return;
  if (answer.kind === "text") return show(found!, answer.text || "Done.");
  maker = bound.tool;
  report?.about(result);
  show(answer);
}

/** Puts an action that no tool answers into the chat. */
async function tell(action: Action, payload: Values): Promise<void> {
  const control = document.activeElement;
  const label = control instanceof HTMLElement && root.contains(control) ? control.innerText.trim().replace(/\s+/g, " ") : undefined;
  const text = sentence(action, withoutSecrets(payload), data.widget.title, label && label.length <= 60 ? label : undefined);
  await ready;
  const answer = await ask("ui/message", { role: "user", content: [{ type: "text", text }] });
  if (answer?.isError) throw new Error("The chat did not take the message.");
}

/** The payload without what was typed into password fields: the model reads what the chat is told. */
function withoutSecrets(payload: Values): Values {
  const secret = [...root.querySelectorAll<HTMLInputElement>("input[type=password]")].map((field) => field.name.split("."));
  const keep = (values: Values, paths: string[][]): Values =>
    Object.fromEntries(
      Object.entries(values)
        .filter(([name]) => !paths.some((path) => path.length === 1 && path[0] === name))
        .map(([name, value]) => {
          const below = paths.filter((path) => path[0] === name).map((path) => path.slice(1));
          return [name, isObject(value) && below.length > 0 ? keep(value as Values, below) : value];
        }),
    );
  return keep(payload, secret);
}

function open(url: string): void {
  const refused = () => found && show(found, `This link could not be opened here: ${url}`);
  if (!/^(https?|mailto):/i.test(url)) return;
  ready
    .then(() => ask("ui/open-link", { url }))
    .then((answer) => (answer?.isError ? refused() : undefined), refused);
}

/** Takes what ChatGPT's own interface has, as long as the bridge brought nothing. */
function lookAround(): void {
  const result = bridged ? undefined : openai.result();
  if (result) void receive(result);
}

async function start(): Promise<void> {
  const greeting = bridge.hello({ name: "Toolface", version: String(data.version) });
  const silence = openai.here() ? new Promise<"silence">((resolve) => setTimeout(resolve, SILENCE, "silence")) : greeting;
  const welcome = await Promise.race([greeting, silence]).catch(() => "silence" as const);
  if (welcome === "silence") {
    if (openai.here()) ask = openai.request;
    hear(openai.context());
  } else {
    hear(welcome.hostContext);
  }
  draw();
  bridge.notify("ui/notifications/initialized", {});
  welcomed();
  report?.initialized();
  watchHeight((height) => bridge.notify("ui/notifications/size-changed", { height }));
  watchTheme(draw);
  openai.watch(lookAround);
  lookAround();
}

apply(surroundings());
void start();
