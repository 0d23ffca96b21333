//! Jinja templates: compile once at load, render often. The only door to minijinja.
//!
//! Owns the meaning: that of Python's jinja2 with `StrictUndefined` and no autoescape, which is what ChatKit renders
//! `.widget` files with. minijinja renders; what it does differently is cured around it: [`engine`] (filters,
//! formatter, methods), [`rewrite`] (what has to be changed in the source), [`value`] (data), [`python`] (how Python
//! writes numbers and JSON). Where a difference is left, `tests/fixtures/template` lists it with its reason.
//!
//! Templates are not trusted: fuel, recursion, size of source and output are bounded. There is no `include`, `import`
//! or `extends`, no file, network or environment.

mod engine;
pub mod outline;
mod python;
mod rewrite;
mod usage;
mod value;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::Environment;

pub use usage::{Step, Use};
pub use value::Data;

use rewrite::{Rewritten, Wanted};

/// What a template may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps of the engine; 64 bytes written or made count as one too.
    pub fuel: u64,
    /// How deeply macros and recursive loops may call each other.
    pub depth: usize,
    /// Bytes of the output.
    pub output_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { fuel: 1_000_000, depth: 200, output_bytes: 4 << 20 }
    }
}

/// Largest source, in bytes.
const MAX_SOURCE: usize = 1 << 20;

/// For whom a template is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// A widget: exactly what ChatKit prints.
    Widget,
    /// A text people read: what is null or undefined prints nothing, booleans are small.
    Text,
}

/// What kind of fault a template has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The source is no template.
    Syntax,
    /// A name or member that is not there was used.
    Undefined,
    /// Something was done to a value of the wrong type.
    Type,
    /// Out of fuel.
    Fuel,
    /// Out of depth.
    Depth,
    /// Too much output.
    Output,
    /// Anything else.
    Other,
}

/// Why a template does not compile or render.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// The kind of fault.
    pub kind: ErrorKind,
    /// A sentence for the template's author. Repeats no data.
    pub message: String,
    /// Bytes in the source, where known.
    pub span: Option<Range<usize>>,
}

/// A compiled template.
#[derive(Debug)]
pub struct Template {
    source: String,
    /// No Jinja in it: the source is the output.
    is_static: bool,
    flavor: Flavor,
    limits: Limits,
    main: Variant,
    /// For data that has a member `index`, if the template has a free name `index`.
    with_own_index: Option<Variant>,
    /// For data with floats that Python writes with an exponent, if the template joins texts with `~`.
    with_exponents: Option<Variant>,
    can_go_deep: bool,
    uses: Vec<Use>,
    /// Bytes it printed the last time: room to begin with.
    usual_length: AtomicUsize,
}

/// Output that ends soon after its limit.
struct Bounded {
    text: Vec<u8>,
    limit: usize,
}

impl std::io::Write for Bounded {
    fn write(&mut self, more: &[u8]) -> std::io::Result<usize> {
        self.text.extend_from_slice(more);
        if self.text.len() > self.limit {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        Ok(more.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Stack for a template that can call itself, in bytes: enough for as deep as its limits let it. Pages are only used as
/// they are touched.
const DEEP_STACK: usize = 64 << 20;

/// One compiled form of the source.
#[derive(Debug)]
struct Variant {
    env: Environment<'static>,
    rewritten: Rewritten,
}

/// The name under which an environment holds its one template.
const NAME: &str = "template";

impl Template {
    /// Compiles `source`. `name` is for messages of the engine only.
    ///
    /// # Errors
    /// The first place at which the source is no template.
    pub fn compile(_name: &str, source: &str, flavor: Flavor, limits: Limits) -> Result<Self, TemplateError> {
        if source.len() > MAX_SOURCE {
            let message = format!("the template has {} bytes, more than {MAX_SOURCE}", source.len());
            return Err(TemplateError { kind: ErrorKind::Syntax, message, span: None });
        }
        rewrite::check_shape(source)?;
        let plan = rewrite::plan(source).map_err(|e| engine::told(&e, None))?;
        let variant = |wanted| Variant::compile(rewrite::apply(source, &plan, wanted), flavor, limits);
        let main = Wanted { index: plan.has_free_index, exponents: false };
        Ok(Self {
            main: variant(main)?,
            with_own_index: plan
                .has_free_index
                .then(|| variant(Wanted { index: false, ..main }))
                .transpose()?,
            with_exponents: plan
                .has_joins
                .then(|| variant(Wanted { exponents: true, ..main }))
                .transpose()?,
            is_static: !["{{", "{%", "{#"].iter().any(|tag| source.contains(tag)),
            can_go_deep: plan.can_go_deep,
            uses: plan.uses,
            source: source.to_owned(),
            flavor,
            limits,
            usual_length: AtomicUsize::new(source.len()),
        })
    }

    /// Renders over an object, whose members are the names a template can use.
    ///
    /// # Errors
    /// The template fails on this data, or passes a limit.
    pub fn render(&self, data: &Data) -> Result<String, TemplateError> {
        if self.is_static {
            return Ok(self.source.clone());
        }
        // What it builds must also be dropped there.
        if self.can_go_deep {
            stacker::grow(DEEP_STACK, || self.render_here(data))
        } else {
            self.render_here(data)
        }
    }

    fn render_here(&self, data: &Data) -> Result<String, TemplateError> {
        let variant = self.variant(data);
        let told = |e: minijinja::Error| self.named(engine::told(&e, Some(&variant.rewritten)));
        let template = variant.env.get_template(NAME).map_err(told)?;
        let mut out = Bounded { text: Vec::new(), limit: self.limits.output_bytes };
        out.text.reserve(self.usual_length.load(Ordering::Relaxed).min(out.limit));
        // A hostile template can make the engine itself panic (`loop.cycle()` does); it costs only its own call.
        let rendering =
            AssertUnwindSafe(|| template.render_captured_to(data.value.clone(), &mut out).map(drop));
        let rendered = std::panic::catch_unwind(rendering).unwrap_or_else(|_| Err(engine::panicked()));
        if out.text.len() > out.limit {
            return Err(self.too_long());
        }
        rendered.map_err(told)?;
        self.usual_length.store(out.text.len() + 64, Ordering::Relaxed);
        String::from_utf8(out.text).map_err(|_| engine::told(&engine::panicked(), None))
    }

    /// Names what was not there, where the engine only knows the filter that met it.
    fn named(&self, mut error: TemplateError) -> TemplateError {
        let Some(span) = error.span.clone().filter(|_| error.kind == ErrorKind::Undefined) else {
            return error;
        };
        let leads_there = |used: &&Use| {
            let between = self.source.get(used.span.end..span.start);
            between
                .is_some_and(|text| text.chars().all(|c| c.is_whitespace() || matches!(c, '|' | ')' | '(')))
        };
        let near = self.uses.iter().filter(leads_there).max_by_key(|used| used.span.end);
        let within =
            || self.uses.iter().find(|used| used.span.end == span.end && used.span.start <= span.start);
        if let Some(used) = near.or_else(within) {
            let name = self.source.get(used.span.clone()).unwrap_or_default();
            error.message = format!(
                "`{name}` is used and is not there; give it in the data, or guard it: `{name} | default(none)`, `{name} is defined`"
            );
            error.span = Some(used.span.start..span.end);
        }
        error
    }

    fn variant(&self, data: &Data) -> &Variant {
        let own_index = self.with_own_index.as_ref().filter(|_| data.has_index);
        let exponents = self.with_exponents.as_ref().filter(|_| data.has_exponents);
        own_index.or(exponents).unwrap_or(&self.main)
    }

    fn too_long(&self) -> TemplateError {
        let message = format!("the template prints more than {} bytes", self.limits.output_bytes);
        TemplateError { kind: ErrorKind::Output, message, span: None }
    }

    /// The text of a template that has no Jinja in it.
    pub fn as_static(&self) -> Option<&str> {
        self.is_static.then_some(self.source.as_str())
    }

    /// Bytes of the source that printed the byte at `offset`. Renders again: for messages only.
    pub fn locate(&self, data: &Data, offset: usize) -> Option<Range<usize>> {
        let variant = self.variant(data);
        let template = variant.env.get_template(NAME).ok()?;
        let spans = engine::spans(&template, data.value.clone()).ok()?;
        let printed = spans.into_iter().find(|(output, _)| output.contains(&offset))?;
        Some(variant.rewritten.original(printed.1))
    }

    /// Every path into the data that the template reads.
    pub fn uses(&self) -> &[Use] {
        &self.uses
    }

    /// For whom it renders.
    pub fn flavor(&self) -> Flavor {
        self.flavor
    }
}

impl Variant {
    fn compile(rewritten: Rewritten, flavor: Flavor, limits: Limits) -> Result<Self, TemplateError> {
        let mut env = engine::environment(flavor, limits);
        env.add_template_owned(NAME, rewritten.text.clone())
            .map_err(|e| engine::told(&e, Some(&rewritten)))?;
        Ok(Self { env, rewritten })
    }
}
