// The tool's own file: read, edited, saved; a change on disk meanwhile is shown before anything is overwritten.

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiError, api, part } from "../../api/client";
import { loadFaults, loadProject, project } from "../../api/store";
import type { Fault, ToolDetail } from "../../api/types";
import { keepFrom, place } from "../../app/router";
import { useKeys } from "../../app/keys";
import { Editor } from "../../edit/editor";
import { Badge, Button } from "../../parts/button";
import { Code, Diff } from "../../parts/code";
import { FaultList, Note } from "../../parts/say";
import { complain, toast } from "../../parts/toast";

const none: readonly Fault[] = [];

interface Saved {
  hash: string;
  state: { ok: boolean; tries: number };
  faults: Fault[];
}

/** What is typed and not saved, by tool: other tabs may be looked at meanwhile. */
const drafts = new Map<string, { text: string; base: { text: string; hash: string | null } }>();

export function ToolFile({ detail, again }: { detail: ToolDetail; again(): void }): JSX.Element {
  const { name, file } = detail;
  const draft = drafts.get(name);
  const [base, setBase] = useState(draft?.base ?? { text: detail.text ?? "", hash: detail.hash });
  const [text, setText] = useState(draft?.text ?? base.text);
  const [faults, setFaults] = useState<Fault[]>(detail.faults);
  const [conflict, setConflict] = useState<{ text: string; hash: string } | undefined>();
  const [saving, setSaving] = useState(false);
  const dirty = text !== base.text;
  const writable = project.value?.studio.writable === true && file !== null;

  useEffect(() => {
    // The file as the server has it now; what was typed here stays, and is compared when it is saved.
    if (!dirty) {
      setBase({ text: detail.text ?? "", hash: detail.hash });
      setText(detail.text ?? "");
    }
    setFaults(detail.faults);
  }, [detail]);
  useEffect(() => {
    if (dirty) drafts.set(name, { text, base });
    else drafts.delete(name);
  }, [text, base]);
  useEffect(() => {
    keepFrom(dirty ? () => `${file} has changes that are not saved. Leave all the same?` : undefined);
    return () => keepFrom(undefined);
  }, [dirty]);

  async function save(hash = base.hash): Promise<void> {
    if (!dirty || !writable) return;
    setSaving(true);
    try {
      const saved = await api.put<Saved>(`tools/${part(name)}`, { base: hash, text });
      setBase({ text, hash: saved.hash });
      setConflict(undefined);
      setFaults(saved.faults);
      toast(saved.state.ok ? `Saved ${file}; it is served.` : `Saved ${file}, but the project has errors: the state before is served.`, saved.state.ok ? "good" : "bad");
      await Promise.all([loadProject(), loadFaults()]);
      again();
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) setConflict({ text: String(error.body?.text ?? ""), hash: String(error.body?.hash ?? "") });
      else complain(error);
    } finally {
      setSaving(false);
    }
  }
  const marks = useMemo(() => faults.filter((fault) => !fault.file || fault.file === file), [faults]);
  const line = Number(place.value.query.get("line")) || undefined;
  useKeys({ "Control+s": () => void save() });

  if (!writable) return <Code text={base.text} language="toml" label={file ?? "File"} />;
  return (
    <div class="col file">
      <div class="row file-head">
        <span class="mono cut grow">{file}</span>
        {dirty && <Badge tone="warn">not saved</Badge>}
        {dirty && <Button size="s" look="plain" icon="undo" onClick={() => setText(base.text)}>Undo all</Button>}
        <Button size="s" look="main" icon="save" working={saving} disabled={!dirty} onClick={() => void save()}>Save</Button>
      </div>
      {conflict && (
        <div class="pad col" style={{ gap: "8px" }}>
          <Note tone="warn">
            <b>The file was changed on disk since it was opened.</b>
            <p class="about">Left out is what stands on disk, added is what stands here.</p>
          </Note>
          <div class="panel"><Diff before={conflict.text} after={text} label="What differs" /></div>
          <div class="row">
            <Button size="s" onClick={() => { setBase(conflict); setText(conflict.text); setConflict(undefined); }}>Take the disk's</Button>
            <Button size="s" look="danger" onClick={() => void save(conflict.hash)}>Save mine over it</Button>
          </div>
        </div>
      )}
      {faults.length > 0 && <div class="file-faults"><FaultList faults={faults} full /></div>}
      <Editor language="toml" label={file ?? "File"} value={text} marks={dirty ? none : marks} line={line} onChange={setText} />
    </div>
  );
}
