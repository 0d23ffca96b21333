//! Templates, which are not trusted: whatever they say, they end within their limits.
//!
//! An input is a template, then, after a NUL, the data as JSON.

#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use toolface::template::{Data, Flavor, Limits, Template};

const LIMITS: Limits = Limits { fuel: 50_000, depth: 50, output_bytes: 1 << 16 };

fuzz_target!(
    init: {
        // The engine may panic (`loop.cycle()` does), and `Template::render` must catch it; what it does not catch is
        // a fault.
        std::panic::set_hook(Box::new(|panic| {
            if !panic.location().is_some_and(|place| place.file().contains("/minijinja-")) {
                eprintln!("{panic}");
            }
        }));
    },
    |bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (source, data) = text.split_once('\0').unwrap_or((text, ""));
    let data = serde_json::from_str(data).ok().filter(Value::is_object);
    let data = data
        .unwrap_or_else(|| json!({"a": 1, "b": "two", "items": [{"name": "x", "n": 1.5}, null], "d": {}}));
    for flavor in [Flavor::Widget, Flavor::Text] {
        let start = Instant::now();
        let Ok(template) = Template::compile("fuzz", source, flavor, LIMITS) else { continue };
        let values = Data::new(&data);
        if let Ok(printed) = template.render(&values) {
            let bound = LIMITS.output_bytes + source.len();
            assert!(printed.len() <= bound, "{} bytes", printed.len());
            let _ = template.locate(&values, printed.len() / 2);
        }
        let _ = template.uses();
        assert!(start.elapsed() < Duration::from_secs(3), "{:?} of work", start.elapsed());
    }
}
);
