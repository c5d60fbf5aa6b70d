//! Filled by the generator.
pub mod endpoints;
pub mod served;
