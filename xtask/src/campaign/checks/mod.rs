//! What must hold afterwards, each with a name of its own and what it has counted.

mod audit;
mod effects;
mod entry;
mod fate;
mod order;
mod secrecy;
mod story;
#[cfg(test)]
mod tests;
mod told;

pub(crate) use secrecy::Outputs;
pub(crate) use story::{Case, Known, Story};
pub(crate) use told::untold;

/// What a check has found.
#[derive(Debug)]
pub(crate) struct Finding {
    /// What must hold.
    pub(crate) name: &'static str,
    /// What was looked at.
    pub(crate) counts: Vec<(String, usize)>,
    /// Where it does not hold, with the errand's name where there is one.
    pub(crate) wrong: Vec<String>,
}

impl Finding {
    const fn new(name: &'static str) -> Self {
        Self { name, counts: Vec::new(), wrong: Vec::new() }
    }

    fn count(&mut self, what: impl Into<String>, number: usize) {
        self.counts.push((what.into(), number));
    }
}

/// All checks.
pub(crate) fn all(case: &Case<'_>, outputs: &Outputs) -> Vec<Finding> {
    Vec::from([
        entry::accepted(case),
        entry::refused(case),
        fate::ended(case),
        fate::confirmed(case),
        effects::once(case),
        effects::governed(case),
        order::kept(case),
        told::once(case),
        told::in_time(case),
        audit::complete(case),
        secrecy::kept(case, outputs),
    ])
}
