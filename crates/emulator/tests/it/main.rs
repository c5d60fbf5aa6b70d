//! The emulator from outside: in process, without sockets, and once as a program.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop there")]

extern crate alloc;

mod caller;

mod control;
mod gateway;
mod product;
mod program;
mod vectors;
