// The editor of a cell: CodeMirror 6 with Python's colours, indentation and bracket matching.
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, keymap } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

/** Open an editor in `parent`; `act` has run(), leave() and changed(text). */
export function openEditor(parent, text, label, act) {
  const keys = [
    { key: "Shift-Enter", run: () => (act.run(), true) },
    { key: "Mod-Enter", run: () => (act.run(), true) },
    { key: "Escape", run: () => (act.leave(), true) },
    indentWithTab,
  ];
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of([...keys, ...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap]),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("    "),
        EditorState.tabSize.of(4),
        bracketMatching(),
        closeBrackets(),
        python(),
        syntaxHighlighting(classHighlighter),
        EditorView.contentAttributes.of({ "aria-label": `${label}. Shift+Enter runs it, Escape leaves it.`, spellcheck: "false", tabindex: "0" }),
        EditorView.updateListener.of((update) => update.docChanged && act.changed(update.state.doc.toString())),
      ],
    }),
  });
}
