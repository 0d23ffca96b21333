//! `.widget` files: whatever the bytes, a file is refused with diagnostics or becomes a widget whose sample renders or
//! fails by name.

#![no_main]

use libfuzzer_sys::fuzz_target;
use toolface::diag::SourceText;
use toolface::template::{Data, Limits};
use toolface::widget::Widget;
use toolface::widget::text::markdown;
use toolface::widget::tree::TreeLimits;

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
    let source = SourceText::new("widgets/fuzz.widget", text);
    let limits = Limits { fuel: 100_000, output_bytes: 1 << 16, ..Limits::default() };
    let widget = match Widget::compile("fuzz", &source, None, limits, TreeLimits::default()) {
        Ok(widget) => widget,
        Err(faults) => {
            assert!(!faults.is_empty(), "refused without a reason");
            return;
        }
    };
    let _ = (widget.actions(), widget.action_types(), widget.has_computed_actions());
    let (sample, _) = widget.sample();
    let data = Data::new(&sample);
    let printed = match widget.print(&data) {
        Ok(printed) => printed,
        Err(error) => return drop(widget.told(&error, &data)),
    };
    assert!(widget.print(&data).is_ok_and(|again| again == printed), "the same data prints otherwise");
    match widget.tree(&printed) {
        Ok(tree) => markdown(&tree, &|_| None, &mut String::new()),
        Err(error) => drop(widget.told(&error, &data)),
    }
}
);
