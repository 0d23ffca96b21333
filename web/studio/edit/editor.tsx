// A text editor (CodeMirror) as the studio uses it: language, completion, help, faults at their places, its own theme.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionSource } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyField, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, indentUnit, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, hoverTooltip, keymap, lineNumbers, tooltips } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import "./editor.css";

export type Language = "json" | "toml" | "template";

/** A fault of the text; lines and columns begin with 1. */
export interface Mark {
  severity: "error" | "warning";
  message: string;
  line?: number;
  column?: number;
  endLine?: number;
  endColumn?: number;
}

interface EditorProps {
  value: string;
  language: Language;
  label: string;
  readOnly?: boolean;
  marks?: readonly Mark[];
  completions?: CompletionSource;
  help?(source: string, place: number): { title: string; text: string; from: number; to: number } | undefined;
  /** Goes to this line when it changes. */
  line?: number;
  /** Under this name what can be undone stays while the editor is away, as long as the text is the same then. */
  keep?: string;
  onChange?(text: string): void;
}

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-key)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number], color: "var(--code-number)" },
  { tag: [tags.bool, tags.null, tags.keyword, tags.atom, tags.heading], color: "var(--code-word)" },
  { tag: [tags.comment, tags.meta], color: "var(--code-quiet)" },
  { tag: tags.special(tags.brace), color: "var(--accent-text)" },
]);

/** JSON with Jinja: enough to colour it. */
const template = StreamLanguage.define<{ jinja: string; text: boolean }>({
  name: "template",
  startState: () => ({ jinja: "", text: false }),
  token(stream, state) {
    if (state.jinja) {
      if (stream.match(state.jinja)) {
        state.jinja = "";
        return "keyword";
      }
      if (state.jinja === "#}") return stream.match(/^(?:(?!#\}).)+/) ? "comment" : (stream.next(), "comment");
      if (stream.match(/^"(?:[^"\\]|\\.)*"|^'(?:[^'\\]|\\.)*'/)) return "string";
      if (stream.match(/^\b(if|elif|else|endif|for|in|endfor|set|not|and|or|is|none|true|false|macro|endmacro)\b/)) return "keyword";
      if (stream.match(/^\d+(\.\d+)?/)) return "number";
      if (stream.match(/^[\w.]+/)) return "variableName";
      stream.next();
      return null;
    }
    const open = /^(\{\{-?|\{%-?|\{#-?)/;
    const opened = stream.match(open) as RegExpMatchArray | null;
    if (opened) {
      state.jinja = { "{{": "}}", "{%": "%}", "{#": "#}" }[opened[0].slice(0, 2)]!;
      return "keyword";
    }
    if (state.text) {
      if (stream.match(/^"/)) state.text = false;
      else if (!stream.match(/^(?:\\.|(?!\{[{%#])[^"\\])+/)) stream.next();
      return "string";
    }
    if (stream.match(/^"(?:[^"\\{]|\\.)*"(?=\s*:)/)) return "propertyName";
    if (stream.match(/^"/)) {
      state.text = true;
      return "string";
    }
    if (stream.match(/^-?\d+(\.\d+)?/)) return "number";
    if (stream.match(/^(true|false|null)\b/)) return "atom";
    stream.next();
    return null;
  },
});

const languages: Record<Language, () => Extension> = { json, toml: () => StreamLanguage.define(toml), template: () => template };

/** What was done in editors that are away, to be undone when they are back. */
const away = new Map<string, { doc: string; state: unknown }>();

/** Marks what was put into the editor from outside. */
const given = Annotation.define<true>();

export function Editor(props: EditorProps): JSX.Element {
  const { value, language, label, readOnly = false, marks, line } = props;
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const fixed = useRef(new Compartment());
  /** Texts that were told by `onChange` and have not come back as `value`. */
  const told = useRef<string[]>([]);

  useEffect(() => {
    const before = props.keep === undefined ? undefined : away.get(props.keep);
    const settings = {
        extensions: [
          lineNumbers(), history(), foldGutter(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(), highlightActiveLine(), highlightSelectionMatches(),
          indentUnit.of("  "), EditorState.tabSize.of(2), EditorView.lineWrapping, lintGutter(), tooltips({ parent: document.body }),
          languages[language](), syntaxHighlighting(colours),
          autocompletion({ override: props.completions ? [(context) => latest.current.completions!(context)] : undefined, icons: false }),
          hoverTooltip((editor, place) => helpAt(latest.current, editor, place)),
          fixed.current.of(EditorState.readOnly.of(readOnly)),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          // Escape and then Tab leaves the editor (`m` of CodeMirror's own keys does it for good).
          keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap, indentWithTab]),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged || update.transactions.some((one) => one.annotation(given))) return;
            const text = update.state.doc.toString();
            told.current.push(text);
            latest.current.onChange?.(text);
          }),
        ],
    };
    const state = before?.doc === value ? EditorState.fromJSON(before.state, settings, { history: historyField }) : EditorState.create({ doc: value, ...settings });
    const made = new EditorView({ parent: box.current!, state });
    view.current = made;
    told.current = [];
    return () => {
      if (props.keep !== undefined) away.set(props.keep, { doc: made.state.doc.toString(), state: made.state.toJSON({ history: historyField }) });
      made.destroy();
    };
  }, [language]);

  useEffect(() => {
    // What the editor has told itself comes back late while somebody types: it is not to be put over what came after.
    const echo = told.current.lastIndexOf(value);
    if (echo >= 0) {
      told.current.splice(0, echo + 1);
      return;
    }
    told.current = [];
    const editor = view.current;
    const now = editor?.state.doc.toString();
    if (editor && now !== value) editor.dispatch({ changes: { from: 0, to: now!.length, insert: value }, annotations: given.of(true) });
  }, [value, language]);
  useEffect(() => view.current?.dispatch({ effects: fixed.current.reconfigure(EditorState.readOnly.of(readOnly)) }), [readOnly]);
  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, (marks ?? []).map((mark) => placed(editor.state, mark))));
  }, [marks, value]);
  useEffect(() => {
    const editor = view.current;
    if (!editor || !line) return;
    const { from } = editor.state.doc.line(Math.max(1, Math.min(line, editor.state.doc.lines)));
    editor.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
  }, [line]);
  return <div ref={box} class="editor" />;
}

function placed(state: EditorState, mark: Mark) {
  const at = (line: number | undefined, column: number | undefined, otherwise: number) => {
    if (!line || line < 1) return otherwise;
    const found = state.doc.line(Math.min(line, state.doc.lines));
    return Math.min(found.to, found.from + Math.max(0, (column ?? 1) - 1));
  };
  const from = at(mark.line, mark.column, 0);
  const to = Math.max(at(mark.endLine, mark.endColumn, from), from);
  const end = to > from ? to : Math.min(state.doc.length, from + 1);
  return { from: Math.min(from, end), to: end, severity: mark.severity, message: mark.message };
}

function helpAt({ help }: EditorProps, editor: EditorView, place: number) {
  const found = help?.(editor.state.doc.toString(), place);
  if (!found) return null;
  return {
    pos: found.from,
    end: found.to,
    above: true,
    create() {
      const dom = document.createElement("div");
      dom.className = "editor-help";
      const title = document.createElement("b");
      title.textContent = found.title;
      const text = document.createElement("p");
      text.textContent = found.text;
      dom.append(title, text);
      return { dom };
    },
  };
}
