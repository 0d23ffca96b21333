import { render } from "preact";
import { beforeEach, expect, test, vi } from "vitest";
import type { Host, Node } from "../shared/contract";
import { markdownHtml } from "../shared/markdown";
import { imageUrl, linkUrl } from "../shared/url";
import { fieldValues, formValues } from "../shared/values";
import { Widget } from "../shared/widget";

vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} });

const host: Host = { act: () => Promise.resolve(), open: () => {}, locale: "en", timeZone: "UTC", theme: "light" };
const attacks = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "\"><svg onload=alert(1)>",
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "java\nscript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:alert(1)",
  "[a](javascript:alert(1))",
  "[a](data:text/html;base64,PHNjcmlwdD4=)",
  "[a]( &#106;avascript:alert(1))",
  "![a](javascript:alert(1))",
  "<a href=\"javascript:alert(1)\">a</a>",
  "<javascript:alert(1)>",
  "[a](https://example.com \"x\" onclick=alert(1))",
  "url(https://example.com/track.png)",
  "red;background:url(https://example.com)",
];

let root: HTMLElement;
beforeEach(() => {
  document.body.innerHTML = "<div></div>";
  root = document.body.firstElementChild as HTMLElement;
});

/** Nothing in the page runs, leads or fetches what it must not. */
function harmless(element: ParentNode): void {
  expect(element.querySelector("script, iframe, object, embed, base, form[action]")).toBeNull();
  for (const one of element.querySelectorAll("*")) {
    for (const { name, value } of [...one.attributes]) {
      expect(name, `${one.tagName} ${name}`).not.toMatch(/^on/i);
      if (name === "href") expect(value).toMatch(/^(https?|mailto):/);
      if (name === "src") expect(value).toMatch(/^(https?:|data:image\/)/);
      if (name === "style") expect(value).not.toMatch(/url\(/i);
    }
  }
}

test.each(attacks)("markdown is tame: %s", (source) => {
  const element = document.createElement("div");
  element.innerHTML = markdownHtml(source);
  harmless(element);
});

test("markdown says what it is meant to say", () => {
  expect(markdownHtml("**a** ~~b~~ <b>")).toBe('<p dir="auto"><strong>a</strong> <del>b</del> &lt;b&gt;</p>');
  expect(markdownHtml("[a](https://example.com)")).toContain('href="https://example.com/"');
  expect(markdownHtml("[a](mailto:a@example.com)")).toContain('href="mailto:a@example.com"');
  expect(markdownHtml("[a](/there)")).not.toContain("href");
  expect(markdownHtml("| a |\n| - |\n| b |")).toContain("<td>b</td>");
});

test.each(attacks)("every prop of every component is tame: %s", (attack) => {
  const all = {
    value: attack, label: attack, src: attack, alt: attack, name: attack, color: attack, background: attack, placeholder: attack,
    defaultValue: attack, title: attack, href: attack, width: attack, height: attack, padding: attack, radius: attack, fieldName: attack,
    iconStart: attack, border: { size: 1, color: attack }, options: [{ value: attack, label: attack }], status: { text: attack, favicon: attack },
    confirm: { label: attack, action: { type: attack } }, data: [{ x: attack, y: 1 }], xAxis: "x",
    series: [{ type: "bar", dataKey: "y", label: attack, color: attack }], editable: { name: attack, pattern: attack }, onload: attack,
    dangerouslySetInnerHTML: { __html: attack },
  };
  const types = [
    "Badge", "Box", "Button", "Caption", "Chart", "Checkbox", "Col", "DatePicker", "Divider", "Form", "Icon", "Image", "Input", "Label",
    "ListViewItem", "Markdown", "RadioGroup", "Row", "Select", "Spacer", "Text", "Textarea", "Title", "Transition", "Table", "Table.Row", "Table.Cell", attack,
  ];
  const tree: Node = { ...all, type: "Card", children: types.map((type) => ({ ...all, type })) };
  render(<Widget tree={tree} host={host} />, root);
  harmless(root);
});

test("addresses", () => {
  expect(imageUrl("https://example.com/a.png")).toBe("https://example.com/a.png");
  expect(imageUrl("data:image/svg+xml,%3Csvg/%3E")).toBe("data:image/svg+xml,%3Csvg/%3E");
  expect(imageUrl("data:text/html,x")).toBeUndefined();
  expect(imageUrl("/a.png")).toBeUndefined();
  expect(linkUrl("mailto:a@example.com")).toBe("mailto:a@example.com");
  expect(linkUrl(" javascript:alert(1)")).toBeUndefined();
  expect(linkUrl("data:text/html,x")).toBeUndefined();
});

test("form values nest, checkboxes are booleans, prototypes are out of reach", () => {
  root.innerHTML = `<form>
    <input name="todo.title" value="Buy milk"><input name="todo.due.day" value="2026-11-24">
    <input type="checkbox" name="done" checked><input type="checkbox" name="late">
    <input type="radio" name="size" value="s"><input type="radio" name="size" value="m" checked>
    <textarea name="note">a note</textarea><select name="pick"><option value="1" selected>One</option></select>
    <input name="off" value="x" disabled><input name="__proto__.bad" value="x"><input name="constructor.prototype.bad" value="x">
  </form>`;
  const values = formValues(root.querySelector("form") as HTMLFormElement);
  expect(values).toMatchObject({
    todo: { title: "Buy milk", due: { day: "2026-11-24" } }, done: true, late: false, size: "m", note: "a note", pick: "1",
  });
  expect("off" in values).toBe(false);
  expect(({} as Record<string, unknown>).bad).toBeUndefined();
  expect(fieldValues("a.b", true)).toEqual({ a: { b: true } });
});
