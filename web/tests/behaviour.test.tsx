import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, expect, test, vi } from "vitest";
import type { Action, FormValues, Host, Node } from "../shared/contract";
import { Widget } from "../shared/widget";

vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} });

let root: HTMLElement;
let fired: { action: Action; values: FormValues | undefined }[];
let settle: { resolve(): void; reject(problem: Error): void };
let opened: string[];

beforeEach(() => {
  document.body.innerHTML = "<div></div>";
  root = document.body.firstElementChild as HTMLElement;
  fired = [];
  opened = [];
});

const host: Host = {
  act: (action, values) =>
    new Promise((resolve, reject) => {
      fired.push({ action, values });
      settle = { resolve, reject };
    }),
  open: (url) => opened.push(url),
  locale: "en",
  timeZone: "UTC",
  theme: "light",
};

const show = (tree: Node) => act(() => render(<Widget tree={tree} host={host} />, root));
const find = <E extends HTMLElement>(selector: string) => root.querySelector(selector) as E;
const click = (selector: string) => act(() => find(selector).click());
const type = (selector: string, value: string) =>
  act(() => {
    const field = find<HTMLInputElement>(selector);
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

const form = (given = "", button = "Send"): Node => ({
  type: "Card",
  children: [
    {
      type: "Form",
      key: "f",
      onSubmitAction: { type: "send", payload: { id: 1 } },
      children: [
        { type: "Label", value: "Name", fieldName: "user.name" },
        { type: "Input", name: "user.name", required: true, defaultValue: given },
        { type: "Checkbox", name: "news", label: "News" },
        { type: "Button", label: button, submit: true },
      ],
    },
  ],
});

test("an invalid form is not sent and says why beside the field", async () => {
  await show(form());
  await click("button");
  expect(fired).toHaveLength(0);
  expect(find("input").getAttribute("aria-invalid")).toBe("true");
  expect(find("[role=alert]")).not.toBeNull();
});

test("a valid form sends its values, once for a double click", async () => {
  await show(form());
  await type("input", "Ada");
  await click("button");
  await click("button");
  expect(fired).toEqual([{ action: { type: "send", payload: { id: 1 } }, values: { user: { name: "Ada" }, news: false } }]);
  expect(find("button").getAttribute("aria-busy")).toBe("true");
  await act(async () => settle.resolve());
  expect(find("button").getAttribute("aria-busy")).toBeNull();
});

test("Enter in a field submits", async () => {
  await show(form("Ada"));
  await act(() => void find("input").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true })));
  expect(fired).toHaveLength(1);
});

test("a refusal is said in words, and what was typed stays", async () => {
  await show(form());
  await type("input", "Ada");
  await click("button");
  await act(async () => settle.reject(new Error("This day is taken.")));
  expect(find("[role=alert]").textContent).toBe("This day is taken.");
  expect(find<HTMLInputElement>("input").value).toBe("Ada");
});

test("a new tree keeps what was typed, even where the field is made anew, unless it brings another value", async () => {
  await show(form());
  await type("input", "Ada");
  await show({ type: "Card", children: [{ type: "Text", value: "Almost" }, { type: "Box", children: form("", "Again").children as Node[] }] });
  expect(find<HTMLInputElement>("input").value).toBe("Ada");
  await show(form("Grace"));
  expect(find<HTMLInputElement>("input").value).toBe("Grace");
});

test("an action of the container makes the widget inert meanwhile", async () => {
  await show({ type: "Card", children: [], confirm: { label: "Yes", action: { type: "yes" } }, cancel: { label: "No", action: { type: "no" } } });
  await click(".tf-card-footer button:last-child");
  expect(find(".tf-stage").hasAttribute("inert")).toBe(true);
  await act(async () => settle.resolve());
  expect(find(".tf-stage").hasAttribute("inert")).toBe(false);
});

test("a card that is a form confirms with its values", async () => {
  await show({
    type: "Card", asForm: true, confirm: { label: "Save", action: { type: "save" } },
    children: [{ type: "Text", value: "Milk", editable: { name: "todo.title", required: true } }],
  });
  await type("input", "Bread");
  await click(".tf-card-footer button");
  expect(fired).toEqual([{ action: { type: "save" }, values: { todo: { title: "Bread" } } }]);
});

test("a choice outside of a form brings its value", async () => {
  await show({
    type: "Card",
    children: [{ type: "Select", name: "size", options: [{ value: "s", label: "S" }, { value: "m", label: "M" }], onChangeAction: { type: "pick" } }],
  });
  await act(() => {
    const select = find<HTMLSelectElement>("select");
    select.value = "m";
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
  expect(fired).toEqual([{ action: { type: "pick" }, values: { size: "m" } }]);
});

test("a list shows the rest when asked", async () => {
  const rows = Array.from({ length: 12 }, (_, row) => ({ type: "ListViewItem", key: `${row}`, children: [{ type: "Text", value: `Row ${row}` }] }));
  await show({ type: "ListView", limit: 5, children: rows });
  expect(root.querySelectorAll("li")).toHaveLength(5);
  expect(find(".tf-more").textContent).toBe("Show 7 more");
  await click(".tf-more");
  expect(root.querySelectorAll("li")).toHaveLength(12);
});

test("what is unknown or broken is noted, the rest is drawn", async () => {
  const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
  const broken = { type: "Chart", get data(): never { throw new Error("broken"); } } as unknown as Node;
  await show({ type: "Card", children: [{ type: "Hologram", children: [{ type: "Text", value: "inside" }] }, broken, { type: "Text", value: "after" }] });
  expect([...root.querySelectorAll("[role=note]")].map((note) => note.textContent)).toEqual(["Hologram is not known here", "Chart could not be drawn"]);
  expect(root.textContent).toContain("inside");
  expect(root.textContent).toContain("after");
  quiet.mockRestore();
});

test("links of Markdown open through the page", async () => {
  await show({ type: "Card", children: [{ type: "Markdown", value: "[there](https://example.com/a)" }] });
  await click("a");
  expect(opened).toEqual(["https://example.com/a"]);
});

test("a card that folds does so once its main action has run", async () => {
  await show({ type: "Card", collapsed: true, children: [{ type: "Text", value: "Folded words" }], confirm: { label: "Yes", action: { type: "yes" } } });
  expect(root.textContent).toContain("Folded words");
  await click(".tf-card-footer button");
  await act(async () => settle.resolve());
  expect(root.textContent).not.toContain("Folded words");
  await click(".tf-more");
  expect(root.textContent).toContain("Folded words");
});

test("a number may have decimals", async () => {
  await show({ type: "Card", children: [{ type: "Input", name: "n", inputType: "number", required: true }, { type: "Input", name: "t" }] });
  expect([...root.querySelectorAll("input")].map((input) => input.getAttribute("step"))).toEqual(["any", null]);
});

const dated = (props = {}): Node => ({
  type: "Card", children: [{ type: "DatePicker", name: "day", onChangeAction: { type: "pick" }, ...props }],
});
const pick = (value: string) =>
  act(() => {
    find<HTMLInputElement>("input").value = value;
    find("input").dispatchEvent(new Event("change", { bubbles: true }));
  });
const told = () => fired.map(({ values }) => values?.day);

test("a date is told once its year is typed, not for each digit", async () => {
  await show(dated());
  find("input").focus();
  for (const year of ["0002", "0020", "0202", "2026"]) await pick(`${year}-12-05`);
  await act(() => find("input").blur());
  expect(told()).toEqual(["2026-12-05"]);
});

test("a date with a short year is told when the field is left", async () => {
  await show(dated({ clearable: true }));
  find("input").focus();
  await pick("0002-12-05");
  await pick("0020-12-05");
  await act(() => find("button").focus());
  expect(told()).toEqual([]);
  await act(() => find("button").blur());
  expect(told()).toEqual(["0020-12-05"]);
});

test("clearing a field leaves the focus in it", async () => {
  await show(dated({ clearable: true, defaultValue: "2026-12-05" }));
  find(".tf-clear").focus();
  await click(".tf-clear");
  expect(find(".tf-clear")).toBeNull();
  expect(document.activeElement).toBe(find("input"));
  expect(told()).toEqual([""]);

  const options = [{ value: "s", label: "S" }, { value: "m", label: "M" }];
  await show({ type: "Card", children: [{ type: "Select", name: "size", searchable: true, clearable: true, defaultValue: "m", options }] });
  find(".tf-clear").focus();
  await click(".tf-clear");
  expect(find(".tf-clear")).toBeNull();
  expect(document.activeElement).toBe(find("input"));
});

test("nothing is chosen but what the default says", async () => {
  const options = [{ label: "No value" }, { label: "One", value: "1" }];
  const chosen = () => [...root.querySelectorAll<HTMLInputElement>("input")].map(({ checked }) => checked);
  await show({ type: "Card", children: [{ type: "RadioGroup", name: "a", options }] });
  expect(chosen()).toEqual([false, false]);
  await show({ type: "Card", children: [{ type: "RadioGroup", name: "b", options, defaultValue: "1" }] });
  expect(chosen()).toEqual([false, true]);
  await show({ type: "Card", children: [{ type: "RadioGroup", name: "c", options, defaultValue: "" }] });
  expect(chosen()).toEqual([true, false]);
  await show({ type: "Card", children: [{ type: "Select", name: "d", options }] });
  expect([...find<HTMLSelectElement>("select").options].map(({ selected, label }) => [label, selected])).not.toContainEqual(["No value", true]);
});

const empty: Node[] = [
  { type: "ListView", children: [] },
  { type: "ListView" },
  { type: "Basic" },
  { type: "Card", children: [] },
  { type: "Card", collapsed: true, children: [{ type: "Col", children: [{ type: "Spacer" }, { type: "Text", value: "" }] }] },
];
test.each(empty)("a root with nothing in it says so: %j", async (tree) => {
  await show(tree);
  expect(root.textContent).toBe("Nothing to show.");
});
const full: Node[] = [
  { type: "ListView", children: [{ type: "ListViewItem", children: [] }] },
  { type: "Basic", children: { type: "Icon", name: "star" } },
  { type: "Card", children: [], confirm: { label: "Yes", action: { type: "yes" } } },
  { type: "Card", children: [], status: { text: "Done" } },
  { type: "Card", children: [{ type: "Box", background: "red", height: 8 }] },
  { type: "Card", children: [{ type: "Hologram" }] },
];
test.each(full)("a root with anything in it does not: %j", async (tree) => {
  await show(tree);
  expect(root.textContent).not.toContain("Nothing to show.");
});

test("a chart without data says so, and is drawn once there is some", async () => {
  const chart = (data: object[]): Node => ({ type: "Card", children: [{ type: "Chart", data, xAxis: "x", series: [{ type: "bar", dataKey: "y", label: "Sales" }] }] } as unknown as Node);
  await show(chart([]));
  expect(root.textContent).toBe("No data");
  expect(find("[role=img]").getAttribute("aria-label")).toBe("Chart of Sales: no data");
  await show(chart([{ x: "a", y: 1e308 }, { x: "b", y: -1e308 }]));
  expect(root.textContent).not.toContain("No data");
  expect(find(".tf-axes")).not.toBeNull();
  expect(root.innerHTML).not.toMatch(/NaN|Infinity/);
});

test("a lone point of a line is a dot", async () => {
  const data = [{ x: "a", y: 1 }, { x: "b" }, { x: "c", y: 2 }, { x: "d", y: 3 }];
  await show({ type: "Card", children: [{ type: "Chart", data, xAxis: "x", series: [{ type: "line", dataKey: "y" }] }] });
  expect(root.querySelectorAll("circle")).toHaveLength(1);
});

test("words are set in the direction of their script, numbers in that around them", async () => {
  const said = { value: "مرحبا" };
  await show({
    type: "Card",
    children: [
      ...["Title", "Text", "Caption", "Label", "Markdown"].map((type) => ({ type, ...said })),
      { type: "Badge", label: said.value }, { type: "Button", label: said.value }, { type: "Checkbox", name: "c", label: said.value },
      { type: "Text", value: "149 €" },
    ],
  });
  expect([...root.querySelectorAll("[dir=auto]")].map((one) => one.textContent)).toEqual(Array(8).fill(said.value));
});

test("a picture of Markdown that cannot be loaded is a quiet box with its words", async () => {
  await show({ type: "Card", children: [{ type: "Markdown", value: "![A tree](https://example.com/a.png) ![Dot](data:image/png;base64,AAAA) ![Bad](data:text/html,x)" }] });
  const sources = () => [...root.querySelectorAll("img")].map((img) => img.getAttribute("src"));
  expect(sources()).toEqual(["https://example.com/a.png", "data:image/png;base64,AAAA"]);
  await act(() => void find("img").dispatchEvent(new Event("error")));
  expect(sources()).toEqual(["data:image/png;base64,AAAA"]);
  expect([...root.querySelectorAll("[data-lost]")].map((box) => box.getAttribute("aria-label"))).toEqual(["A tree", "Bad"]);
});

test("Lucide's icons are stroked, ChatKit's filled, unknown ones a neutral sign", async () => {
  const names = ["lucide:sun", "lucide:cloud-rain", "lucide:trash-2", "lucide:calendar", "calendar", "lucide:nonesuch", "vendor:nonesuch", "lucide:constructor"];
  await show({ type: "Card", children: names.map((name) => ({ type: "Icon", name })) });
  const icons = [...root.querySelectorAll("svg")];
  expect(icons.map((icon) => icon.dataset.stroked)).toEqual(["true", "true", "true", undefined, undefined, undefined, undefined, undefined]);
  const drawn = icons.map((icon) => icon.innerHTML);
  expect(drawn[0]).toContain("<circle");
  expect(drawn[3]).toBe(drawn[4]);
  expect(new Set(drawn.slice(5)).size).toBe(1);
});

test("a word longer than a narrow place has room for may break, and long badges may wrap", async () => {
  const long = "Donaudampfschifffahrtsgesellschaft";
  await show({ type: "Card", children: [long, "ordinary words, not too long"].flatMap((label) => [{ type: "Button", label }, { type: "Badge", label }, { type: "Text", value: label }]) });
  expect([...root.querySelectorAll("[data-breaks]")].map((one) => one.textContent)).toEqual([long, long, long]);
  expect(root.querySelectorAll("[data-long]")).toHaveLength(2);
});
