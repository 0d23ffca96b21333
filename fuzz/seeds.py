"""Writes first inputs into corpus/: templates and projects out of the widgets, tools and fixtures of the repository."""

import hashlib
import json
import pathlib

fuzz = pathlib.Path(__file__).parent
root = fuzz.parent


def seed(target, text):
    folder = fuzz / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(text.encode()).hexdigest()[:16]).write_text(text)


widgets = [*root.glob("widgets/*.widget"), *root.glob("tests/fixtures/chatkit/**/*.widget")]
for path in widgets:
    seed("widget", path.read_text())
    widget = json.loads(path.read_text())
    seed("template", widget["template"] + "\0{}")
    seed("tree", json.dumps(widget.get("outputJsonPreview", {})))

for path in root.glob("tests/fixtures/chatkit/**/*.expected.json"):
    seed("tree", path.read_text())

for path in root.glob("tests/fixtures/template/*.json"):
    for case in json.loads(path.read_text()):
        if isinstance(case, dict) and "template" in case:
            seed("template", case["template"] + "\0" + case["data"])

for project in (root, root / "tests/conformance/project"):
    for path in project.glob("tools/*.toml"):
        seed("project", (project / "toolface.toml").read_text() + "\0" + path.read_text())
