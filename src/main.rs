//! The binary: hands the command line to the library and sets the exit code. Nothing else.
fn main() {}
