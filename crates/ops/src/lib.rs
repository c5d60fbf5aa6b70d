#![no_std]
#![doc = include_str!("../README.md")]

extern crate alloc;

pub mod api;
pub mod attempt;
pub mod audit;
mod complete;
pub mod config;
pub mod console;
pub mod governor;
pub mod grammar;
mod identity;
mod ledger;
pub mod policy;
pub mod record;
pub mod say;
pub mod site;
pub mod state;
pub mod stored;
mod texts;

pub use complete::{Suggest, complete, tell_listed};
pub use config::Config;
pub use ledger::{Answering, Ask, Step, Told, Wait, consider, reconsider, tell_log, tell_status};
