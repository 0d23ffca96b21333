//! Selectors: jq programs that pick a widget's data from what a source delivered. The only door to jaq.
//!
//! Owns compiling at load and running with a bound on steps. A program sees its input, `$args` (the tool's arguments)
//! and nothing else: no environment, files, further inputs, standard error or exit.
//!
//! A program that can loop (definitions, `repeat`, `recurse`, `while`, `until`, `range`, `reduce`, `foreach`) counts
//! its steps, and runs on a stack of its own so that a deep recursion cannot overflow the caller's.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use jaq_core::data::{DataT, HasLut};
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::native::{Fun, bome, run};
use jaq_core::path::{Opt, Part, Path};
use jaq_core::{Ctx, Lut, Vars, unwrap_valr};
use jaq_json::{Map as JqMap, Num, Rc, Val};
use serde_json::{Map, Number, Value};

/// Steps a looping program may take.
const MAX_STEPS: u64 = 100_000;
/// Stack for a looping program, in bytes; pages are only used as they are touched.
const STACK: usize = 256 << 20;
/// Stack that must be left at every step: enough to unwind and to drop what was built.
const STACK_LEFT: usize = 64 << 20;
/// Levels of nesting a result may have.
const MAX_DEPTH: usize = 200;
/// Native filters that reach outside of the program.
const REMOVED: &[&str] = &["halt", "env", "input", "inputs", "stderr_empty", "debug_empty"];
/// Filters that can run for ever, defined again so that every round is counted.
const COUNTED: &str = "
def toolface_step: toolface_spend as $spent | .;
def repeat(f): def rec: toolface_step | (f, rec); rec;
def recurse(f): def rec: toolface_step | (., (f | rec)); rec;
def recurse(f; cond): recurse(f | select(cond));
def while(cond; update): def rec: toolface_step | if cond then ., (update | rec) else empty end; rec;
def until(cond; update): def rec: toolface_step | if cond then . else update | rec end; rec;
def range($from; $to; $by):
  if $by > 0 then $from | while(. < $to; . + $by)
  elif $by < 0 then $from | while(. > $to; . + $by)
  else error(\"range needs a step other than 0\") end;
def range($from; $to): range($from; $to; 1);
def range($to): range(0; $to; 1);
";
/// Names whose use makes a program a looping one, besides definitions and folds.
const LOOPING: &[&str] =
    &["repeat", "recurse", "while", "until", "range", "combinations", "limit", "nth", "walk"];

/// A compiled jq program.
pub struct Selector {
    program: String,
    keys: Option<Vec<String>>,
    filter: jaq_core::compile::Filter<jaq_core::Native<Program>>,
    loops: bool,
    /// The members it leads through, if it does nothing else: `.result.data`.
    way: Option<Vec<String>>,
}

impl std::fmt::Debug for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Selector").field("loops", &self.loops).finish_non_exhaustive()
    }
}

/// Why a program does not compile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SelectorError {
    /// What is wrong.
    pub message: String,
    /// Bytes in the program it is about.
    pub span: Range<usize>,
}

/// Why a program gave no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The program failed on this input. The text may repeat values of the input.
    #[error("the selector failed: {0}")]
    Failed(String),
    /// The program gave nothing.
    #[error("the selector gave no value; it must give exactly one")]
    Nothing,
    /// The program gave several values.
    #[error("the selector gave more than one value; put brackets around it to make them a list: [ … ]")]
    Several,
    /// The program ran too long.
    #[error("the selector took more than {MAX_STEPS} steps, or called itself too deeply, and was stopped")]
    Steps,
    /// The value cannot be JSON.
    #[error("the selector gave a value that is no JSON: {0}")]
    NoJson(&'static str),
}

/// What a running program can reach: its own code and the steps left.
struct Run<'a> {
    lut: &'a Lut<Program>,
    steps: Cell<u64>,
}

/// The kind of data a program runs on.
struct Program;

impl DataT for Program {
    type V<'a> = Val;
    type Data<'a> = &'a Run<'a>;
}

impl<'a> HasLut<'a, Program> for &'a Run<'a> {
    fn lut(&self) -> &'a Lut<Program> {
        self.lut
    }
}

fn natives() -> impl Iterator<Item = Fun<Program>> {
    let spend = run(("toolface_spend", jaq_core::native::v(0), |cv: jaq_core::Cv<'_, Program>| {
        let steps = &cv.0.data().steps;
        let too_deep = stacker::remaining_stack().is_some_and(|left| left < STACK_LEFT);
        steps.set(if too_deep { 0 } else { steps.get().saturating_sub(1) });
        bome(if steps.get() == 0 { Err(jaq_core::Error::str("too many steps")) } else { Ok(Val::Null) })
    }));
    let all = jaq_core::funs::<Program>().chain(jaq_std::funs()).chain(jaq_json::funs());
    all.filter(|(name, ..)| !REMOVED.contains(name)).chain(std::iter::once(spend))
}

/// The definitions a program may call, parsed once.
static PRELUDE: LazyLock<Vec<Def<&'static str>>> = LazyLock::new(|| {
    let counted = load::parse(COUNTED, |p| p.defs()).unwrap_or_default();
    jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(counted).collect()
});

impl Selector {
    /// Compiles a jq program.
    ///
    /// # Errors
    /// The first place at which the program is not one.
    pub fn compile(program: &str) -> Result<Self, SelectorError> {
        let whole = |message: &str| SelectorError { message: message.to_owned(), span: 0..program.len() };
        let arena = Arena::default();
        let checked = Loader::new([]).load(&arena, File { code: program, path: () });
        checked.map_err(|errors| load_error(program, &errors))?;
        let term = load::parse(program, |p| p.term())
            .ok_or_else(|| whole("a selector is one expression, without `import` or `include`"))?;
        let loops = has_loops(&term) || calls(&term).iter().any(|name| LOOPING.contains(name));
        let counted = Counted::new(program, &term);
        let modules = Loader::new(needed(&term)).load(&arena, File { code: &counted.text, path: () });
        let modules = modules.map_err(|errors| load_error(program, &errors))?;
        let compiler = jaq_core::Compiler::default().with_funs(natives()).with_global_vars(["$args"]);
        let filter = compiler.compile(modules).map_err(|errors| {
            let first = errors.into_iter().flat_map(|(_, undefined)| undefined).next();
            first.map_or_else(
                || whole("it does not compile"),
                |(name, kind)| SelectorError {
                    message: format!("undefined {} `{name}`", kind.as_str()),
                    span: counted.original(place(&counted.text, name)),
                },
            )
        })?;
        let (program, keys, way) = (program.to_owned(), object_keys(&term), way(&term));
        Ok(Self { program, keys, filter, loops, way })
    }

    /// The one value the program gives for `data`.
    ///
    /// # Errors
    /// The program fails, gives no or several values, or runs too long.
    pub fn run(&self, mut data: Value, arguments: &Map<String, Value>) -> Result<Value, SelectError> {
        if let Some(value) = self.way.as_deref().and_then(|way| follow(&mut data, way)) {
            return Ok(value);
        }
        let input = to_val(data);
        let arguments =
            Val::obj(arguments.iter().map(|(k, v)| (key(k.clone()), to_val(v.clone()))).collect());
        if self.loops {
            stacker::grow(STACK, move || self.run_here(input, arguments))
        } else {
            self.run_here(input, arguments)
        }
    }

    /// The program as written.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// The members of the object the program makes, if it plainly makes one: `… | {id, total: .sum}`.
    pub fn keys(&self) -> Option<&[String]> {
        self.keys.as_deref()
    }

    /// Whether the program gives a truthy value, as `if` judges it.
    ///
    /// # Errors
    /// As [`Selector::run`].
    pub fn test(&self, data: &Value, arguments: &Map<String, Value>) -> Result<bool, SelectError> {
        self.run(data.clone(), arguments).map(|value| !matches!(value, Value::Null | Value::Bool(false)))
    }

    fn run_here(&self, input: Val, arguments: Val) -> Result<Value, SelectError> {
        let run = Run { lut: &self.filter.lut, steps: Cell::new(MAX_STEPS) };
        let context: Ctx<'_, Program> = Ctx::new(&run, Vars::new([arguments]));
        let mut outputs = self.filter.id.run((context, input)).map(unwrap_valr);
        let first = outputs.next();
        let several = first.as_ref().is_some_and(Result::is_ok) && outputs.next().is_some();
        drop(outputs);
        if run.steps.get() == 0 {
            return Err(SelectError::Steps);
        }
        match first {
            None => Err(SelectError::Nothing),
            Some(Err(error)) => Err(SelectError::Failed(error.to_string())),
            Some(Ok(_)) if several => Err(SelectError::Several),
            Some(Ok(value)) => to_json(value, MAX_DEPTH),
        }
    }
}

/// A program with a counted step at the start of every definition: without definitions nothing can run for ever.
struct Counted {
    text: String,
    /// Where in the original a step was put, in order.
    inserted: Vec<usize>,
}

/// A pipe binds looser than anything else, so this counts whatever the body is.
const STEP: &str = " toolface_step |";

impl Counted {
    fn new(program: &str, term: &Term<&str>) -> Self {
        let mut inserted = Vec::new();
        each(term, &mut |t| {
            if let Term::Def(defs, _) = t {
                inserted.extend(defs.iter().filter_map(|d| body_start(program, place(program, d.name).end)));
            }
        });
        inserted.sort_unstable();
        let mut text = String::with_capacity(program.len() + inserted.len() * STEP.len());
        let mut from = 0;
        for at in &inserted {
            text.push_str(program.get(from..*at).unwrap_or_default());
            text.push_str(STEP);
            from = *at;
        }
        text.push_str(program.get(from..).unwrap_or_default());
        Self { text, inserted }
    }

    /// A place of the counted text in the program as written.
    fn original(&self, span: Range<usize>) -> Range<usize> {
        let before =
            self.inserted.iter().enumerate().take_while(|(n, at)| *at + n * STEP.len() < span.start).count();
        let shift = before * STEP.len();
        span.start.saturating_sub(shift)..span.end.saturating_sub(shift)
    }
}

/// The byte after the colon of a definition whose name ends at `from`. Parameters hold no colon, comments may.
fn body_start(program: &str, from: usize) -> Option<usize> {
    let mut comment = false;
    let head = program.get(from..)?.char_indices().find(|(_, c)| {
        comment = *c == '#' || (comment && *c != '\n');
        *c == ':' && !comment
    });
    head.map(|(at, _)| from + at + 1)
}

/// Where `part`, a slice of `program`, lies in it; the whole program if it is none of its own text.
fn place(program: &str, part: &str) -> Range<usize> {
    let offset = (part.as_ptr() as usize).wrapping_sub(program.as_ptr() as usize);
    let inside = offset.checked_add(part.len()).is_some_and(|end| end <= program.len());
    if inside { offset..offset + part.len() } else { 0..program.len() }
}

fn load_error(program: &str, errors: &load::Errors<&str, ()>) -> SelectorError {
    let whole = || SelectorError { message: "it cannot be read".to_owned(), span: 0..program.len() };
    let found = errors.iter().find_map(|(_, error)| match error {
        load::Error::Io(all) => all.first().map(|(path, message)| (message.clone(), place(program, path))),
        load::Error::Lex(all) => all.first().map(|(expected, rest)| {
            let start = place(program, rest).start;
            let length = rest.chars().next().map_or(0, char::len_utf8);
            (format!("expected {}", expected.as_str()), start..start + length)
        }),
        load::Error::Parse(all) => all.first().map(|(expected, found)| {
            let span = match *found {
                "" => program.len()..program.len(),
                found => place(program, found),
            };
            (format!("expected {}", expected.as_str()), span)
        }),
    });
    found.map_or_else(whole, |(message, span)| SelectorError { message, span })
}

/// The definitions of the prelude that a program leads to, in their order. Compiling these alone instead of all
/// makes a thousand tools load in a fraction of a second.
fn needed<'a>(term: &Term<&'a str>) -> Vec<Def<&'a str>> {
    let mut wanted: BTreeSet<&str> = calls(term);
    wanted.insert("toolface_step");
    loop {
        let before = wanted.len();
        let more: Vec<&str> =
            PRELUDE.iter().filter(|d| wanted.contains(d.name)).flat_map(|d| calls(&d.body)).collect();
        wanted.extend(more);
        if wanted.len() == before {
            return PRELUDE.iter().filter(|d| wanted.contains(d.name)).cloned().collect();
        }
    }
}

/// The names of all filters a term calls, also implicitly.
fn calls<'a>(term: &Term<&'a str>) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    each(term, &mut |t| match t {
        Term::Call(name, _) => drop(names.insert(*name)),
        Term::Str(Some(format), _) => drop(names.insert(*format)),
        // `..`, `//=` and the like are core filters, but a format or a negation leads to a definition.
        Term::Str(None, _) => drop(names.insert("@text")),
        _ => {}
    });
    names
}

fn object_keys(term: &Term<&str>) -> Option<Vec<String>> {
    match term {
        Term::BinOp(_, BinaryOp::Pipe(_), last) => object_keys(last),
        Term::Def(_, body) | Term::Label(_, body) => object_keys(body),
        Term::Obj(members) => members
            .iter()
            .map(|(key, _)| match key {
                Term::Str(None, pieces) => match pieces.as_slice() {
                    [StrPart::Str(name)] => Some((*name).to_owned()),
                    _ => None,
                },
                Term::Var(name) => Some(name.trim_start_matches('$').to_owned()),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// The members a program leads through, if it does nothing else.
fn way(term: &Term<&str>) -> Option<Vec<String>> {
    let (start, Path(parts)) = match term {
        Term::Id => return Some(Vec::new()),
        Term::Path(start, path) => (start, path),
        _ => return None,
    };
    let member = |(part, opt): &(Part<Term<&str>>, Opt)| match (part, opt) {
        (Part::Index(Term::Str(None, pieces)), Opt::Essential) => match pieces.as_slice() {
            [StrPart::Str(name)] => Some((*name).to_owned()),
            _ => None,
        },
        _ => None,
    };
    parts.iter().map(member).collect::<Option<_>>().filter(|_| matches!(**start, Term::Id))
}

/// What is at the end of a way; `None`: jaq says what is wrong with it.
fn follow(data: &mut Value, way: &[String]) -> Option<Value> {
    let mut at = data;
    for name in way {
        at = match at {
            Value::Object(members) => match members.get_mut(name) {
                Some(member) => member,
                None => return Some(Value::Null),
            },
            Value::Null => return Some(Value::Null),
            _ => return None,
        };
    }
    Some(at.take())
}

fn has_loops(term: &Term<&str>) -> bool {
    let mut found = false;
    each(term, &mut |t| found |= matches!(t, Term::Def(..) | Term::Fold(..)));
    found
}

/// Calls `f` with a term and every term in it.
fn each<'t, 'a>(term: &'t Term<&'a str>, f: &mut impl FnMut(&'t Term<&'a str>)) {
    f(term);
    for part in parts(term) {
        each(part, f);
    }
}

fn parts<'t, 'a>(term: &'t Term<&'a str>) -> Vec<&'t Term<&'a str>> {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) => Vec::new(),
        Term::Str(_, pieces) => pieces.iter().filter_map(interpolated).collect(),
        Term::Arr(inner) => inner.iter().map(AsRef::as_ref).collect(),
        Term::Obj(members) => members.iter().flat_map(|(k, v)| std::iter::once(k).chain(v)).collect(),
        Term::Neg(inner) | Term::Label(_, inner) => vec![inner],
        Term::BinOp(left, op, right) => {
            let mut all = vec![left.as_ref(), right.as_ref()];
            if let BinaryOp::Pipe(Some(pattern)) = op {
                pattern_parts(pattern, &mut all);
            }
            all
        }
        Term::Fold(_, over, pattern, steps) => {
            let mut all = vec![over.as_ref()];
            pattern_parts(pattern, &mut all);
            all.extend(steps);
            all
        }
        Term::TryCatch(body, catch) => std::iter::once(body).chain(catch).map(AsRef::as_ref).collect(),
        Term::IfThenElse(branches, otherwise) => {
            let pairs = branches.iter().flat_map(|(c, t)| [c, t]);
            pairs.chain(otherwise.iter().map(AsRef::as_ref)).collect()
        }
        Term::Def(defs, body) => defs.iter().map(|d| &d.body).chain([body.as_ref()]).collect(),
        Term::Call(_, arguments) => arguments.iter().collect(),
        Term::Path(head, path) => {
            let indices = path.0.iter().flat_map(|(part, _)| match part {
                Part::Index(index) => vec![index],
                Part::Range(from, to) => from.iter().chain(to).collect(),
            });
            std::iter::once(head.as_ref()).chain(indices).collect()
        }
    }
}

fn interpolated<'t, 'a>(piece: &'t StrPart<&'a str, Term<&'a str>>) -> Option<&'t Term<&'a str>> {
    match piece {
        StrPart::Term(term) => Some(term),
        _ => None,
    }
}

fn pattern_parts<'t, 'a>(pattern: &'t Pattern<&'a str>, out: &mut Vec<&'t Term<&'a str>>) {
    match pattern {
        Pattern::Var(_) => {}
        Pattern::Arr(items) => items.iter().for_each(|item| pattern_parts(item, out)),
        Pattern::Obj(members) => members.iter().for_each(|(key, item)| {
            out.push(key);
            pattern_parts(item, out);
        }),
    }
}

fn key(text: String) -> Val {
    Val::utf8_str(text.into_bytes())
}

/// JSON as jaq has it; every digit of a number is kept.
fn to_val(value: Value) -> Val {
    match value {
        Value::Null => Val::Null,
        Value::Bool(bit) => Val::Bool(bit),
        Value::Number(number) => Val::Num(to_num(&number)),
        Value::String(text) => key(text),
        Value::Array(items) => Val::Arr(Rc::new(items.into_iter().map(to_val).collect())),
        Value::Object(object) => {
            let members: JqMap = object.into_iter().map(|(k, v)| (key(k), to_val(v))).collect();
            Val::obj(members)
        }
    }
}

fn to_num(number: &Number) -> Num {
    let text = number.as_str();
    Num::from_str_radix(text, 10).unwrap_or_else(|| Num::Dec(Rc::new(text.to_owned())))
}

/// A value as JSON. NaN and infinities, which JSON lacks, become null.
fn to_json(value: Val, depth: usize) -> Result<Value, SelectError> {
    if depth == 0 {
        return Err(SelectError::NoJson("it is nested too deeply"));
    }
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(bit) => Value::Bool(bit),
        Val::Num(number) => json_number(&number),
        Val::TStr(text) | Val::BStr(text) => Value::String(utf8(&text)),
        Val::Arr(items) => {
            let items = Rc::unwrap_or_clone(items).into_iter();
            Value::Array(items.map(|item| to_json(item, depth - 1)).collect::<Result<_, _>>()?)
        }
        Val::Obj(object) => {
            let members = Rc::unwrap_or_clone(object).into_iter().map(|(k, v)| match k {
                Val::TStr(name) => Ok((utf8(&name), to_json(v, depth - 1)?)),
                _ => Err(SelectError::NoJson("an object has a key that is no string")),
            });
            Value::Object(members.collect::<Result<_, _>>()?)
        }
    })
}

fn utf8(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json_number(number: &Num) -> Value {
    match number {
        Num::Int(integer) => Value::from(*integer),
        Num::BigInt(integer) => integer.to_string().parse().map_or(Value::Null, Value::Number),
        Num::Float(float) => Number::from_f64(*float).map_or(Value::Null, Value::Number),
        Num::Dec(text) => text.parse().map_or(Value::Null, Value::Number),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn select(program: &str, data: Value) -> Result<Value, SelectError> {
        let arguments = Map::from_iter([("n".to_owned(), json!(2))]);
        Selector::compile(program).unwrap().run(data, &arguments)
    }

    #[test]
    fn picks_data_and_keeps_digits() {
        let row = serde_json::from_str(
            r#"{"id": 9007199254740993, "total": 12.50, "big": 123456789012345678901234567890, "items": "[{\"p\": 1.10}]"}"#,
        );
        let data = select("{id, total, big, items: (.items | fromjson), n: $args.n}", row.unwrap()).unwrap();
        assert_eq!(
            data.to_string(),
            r#"{"id":9007199254740993,"total":12.50,"big":123456789012345678901234567890,"items":[{"p":1.10}],"n":2}"#
        );
    }

    #[test]
    fn a_way_leads_where_jq_leads() {
        let data = json!({"a": {"b": [1, {"c": "x"}], "n": null, "odd key": 7.50}, "s": "text", "list": [1]});
        for (program, is_way) in [
            (".", true),
            (".a", true),
            (".a.b", true),
            (".a[\"odd key\"]", true),
            (".a.\"odd key\"", true),
            (".missing.too", true),
            (".a.n.deeper", true),
            (".s.length", true),
            (".list.x", true),
            (".a.b[1].c", false),
            (".a?", false),
            (".a[]", false),
            (".[\"\\(1)\"]", false),
            (".a | .b", false),
        ] {
            let selector = Selector::compile(program).unwrap();
            assert_eq!(selector.way.is_some(), is_way, "{program}");
            let by_jq = Selector { way: None, ..Selector::compile(program).unwrap() };
            let run = |selector: &Selector| selector.run(data.clone(), &Map::new());
            assert_eq!(run(&selector), run(&by_jq), "{program}");
        }
    }

    #[test]
    fn the_standard_library_is_there() {
        for (program, expected) in [
            ("map(. + 1) | add", json!(9)),
            ("[range(3)] + [range(1; 3)] + [range(4; 0; -2)]", json!([0, 1, 2, 1, 2, 4, 2])),
            ("[.[] | select(. > 1)] | length", json!(2)),
            ("[limit(3; repeat(1))]", json!([1, 1, 1])),
            ("[.[0] | recurse(if . < 3 then . + 1 else empty end)]", json!([1, 2, 3])),
            ("def f: if . > 2 then . else . + 1 | f end; .[0] | f", json!(3)),
            ("reduce .[] as $x (0; . + $x)", json!(6)),
            ("\"a\\(.[0])b\" | ascii_upcase", json!("A1B")),
            ("@json", json!("[1,2,3]")),
            ("[.[] | tostring] | join(\"-\")", json!("1-2-3")),
            ("first(.[] | select(. == 2))", json!(2)),
            (".[1:] | to_entries | map(.key)", json!([0, 1])),
            ("sort_by(-.) | .[0]", json!(3)),
            ("[.[] as $a | $a * 2]", json!([2, 4, 6])),
            ("{a: 1} * {b: 2} | keys", json!(["a", "b"])),
            ("[splits(\"x\")]?", json!(null)),
            ("1700000000 | todate", json!("2023-11-14T22:13:20Z")),
            ("\"abc\" | test(\"B\"; \"i\")", json!(true)),
            ("[paths]", json!([[0], [1], [2]])),
            ("walk(if type == \"number\" then . + 1 else . end)", json!([2, 3, 4])),
            ("[.[] | until(. > 5; . * 2)]", json!([8, 8, 6])),
            ("group_by(. % 2) | map(length)", json!([1, 2])),
            ("unique | min, max | tostring", json!(null)),
        ] {
            match select(program, json!([1, 2, 3])) {
                Ok(value) => assert_eq!(value, expected, "{program}"),
                Err(e) => assert_eq!(expected, json!(null), "{program}: {e}"),
            }
        }
    }

    #[test]
    fn endless_and_deep_programs_are_stopped() {
        for program in [
            "[repeat(1)]",
            "until(false; .)",
            "[range(infinite)]",
            "[range(0; 1; 0.0000000001)] | length",
            "def f: f; f",
            "def f: 1 + f; f",
            "def f: def g: f; g; f",
            "try (def f: f; f) catch (def f: f; f)",
            "[recurse(.)] | length",
            "last(while(true; .))",
            "def f(g): f(g | g); f(.)",
            "[.[] | def f: [f]; f]",
        ] {
            assert_eq!(select(program, json!([1])).unwrap_err(), SelectError::Steps, "{program}");
        }
        let deep = select("reduce range(50000) as $i (0; [.])", json!(null)).unwrap_err();
        assert!(matches!(deep, SelectError::NoJson(_)), "{deep}");
    }

    #[test]
    fn the_members_of_a_plain_object_are_known() {
        let keys = |program: &str| Selector::compile(program).unwrap().keys().map(<[String]>::to_vec);
        let expected = Some(vec!["a".to_owned(), "b".to_owned(), "c d".to_owned(), "x".to_owned()]);
        assert_eq!(keys(".row as $x | {a, b: .y, \"c d\": 1, $x}"), expected);
        assert_eq!(keys("{(.k): 1}"), None);
        assert_eq!(keys(". + {a: 1}"), None);
    }

    #[test]
    fn nothing_outside_is_reached() {
        for program in [
            "env",
            "$ENV",
            "halt",
            "input",
            "inputs",
            "import \"x\" as x; .",
            "debug",
            "stderr",
            "$__prog_args",
        ] {
            assert!(Selector::compile(program).is_err(), "{program}");
        }
    }

    #[test]
    fn errors_tell_the_place() {
        let place = |program: &str| {
            let e = Selector::compile(program).unwrap_err();
            format!("{} at {}", e.message, program.get(e.span).unwrap())
        };
        assert_eq!(place(".a | foo"), "undefined filter `foo` at foo");
        assert_eq!(place(".a | $x"), "undefined variable `$x` at $x");
        assert!(place("{a: (.b}").contains("closing"), "{}", place("{a: (.b}"));
        assert!(place(".a |").contains("term"), "{}", place(".a |"));
    }

    #[test]
    fn one_value_it_is() {
        assert_eq!(select("empty", json!(1)).unwrap_err(), SelectError::Nothing);
        assert_eq!(select("1, 2", json!(1)).unwrap_err(), SelectError::Several);
        assert!(matches!(select(".a", json!(1)).unwrap_err(), SelectError::Failed(_)));
        assert!(matches!(
            select("{(1): 2}", json!(1)).unwrap_err(),
            SelectError::Failed(_) | SelectError::NoJson(_)
        ));
        assert_eq!(select("nan, infinite | [.]", json!(1)).unwrap_err(), SelectError::Several);
        assert_eq!(select("[nan, infinite]", json!(1)).unwrap(), json!([null, null]));
    }
}
