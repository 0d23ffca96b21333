"""Draws widget files with ChatKit's own library: one JSON object a line, {"file": …, "data": …}, answered by its tree."""

import json
import sys

from chatkit.widgets import WidgetTemplate

for line in sys.stdin:
    order = json.loads(line)
    template = WidgetTemplate.from_file(order["file"])
    print(json.dumps(template.build(order["data"]).model_dump(exclude_none=True)))
