//! Rust names for the vendor's names, which may hold anything.
//!
//! The rules, in order:
//! 1. words break where case does and at every character that is not an ASCII letter or digit; a non-ASCII character
//!    becomes a word of its own, `u` and its code point in hex;
//! 2. words are joined as Rust's habits ask: `snake_case`, `UpperCamelCase`;
//! 3. a name left empty is `value`; one that starts with a digit gets an `n` in front;
//! 4. a keyword gets a `_` behind;
//! 5. names that become a file's are cut: a module's after 120 characters, a type's, which rustdoc gives a page, after 200;
//! 6. a name already taken in its scope gets the first free of `_2`, `_3` … (types: `2`, `3` …). Who comes first in the
//!    document keeps the plain name, so an addition behind it renames nothing.

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, Span};
use std::collections::HashMap;

/// Keywords, also those only reserved, and those that cannot be raw identifiers.
const KEYWORDS: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Where a module's name is cut.
const MODULE_LENGTH: usize = 120;
/// Where a type's name is cut.
const TYPE_LENGTH: usize = 200;

/// A scope in which names must differ.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// Taken names, each with the last number given to one of its followers.
    taken: HashMap<String, usize>,
}

impl Scope {
    /// A scope in which these names are taken.
    pub(crate) fn with(reserved: &[&str]) -> Self {
        Self { taken: reserved.iter().map(|&name| (name.to_owned(), 1)).collect() }
    }

    /// A name for a module. It becomes a file's, and file systems stop at 255 bytes.
    pub(crate) fn module(&mut self, name: &str) -> Ident {
        let mut name = ascii(name).to_snake_case();
        // What is left is ASCII.
        name.truncate(MODULE_LENGTH);
        name.truncate(name.trim_end_matches('_').len());
        self.take(&usable(name, "value", "n"), "_")
    }

    /// A name for a field or a function.
    pub(crate) fn snake(&mut self, name: &str) -> Ident {
        let name = ascii(name).to_snake_case();
        self.take(&usable(name, "value", "n"), "_")
    }

    /// A name for a type or a variant.
    pub(crate) fn camel(&mut self, name: &str) -> Ident {
        let mut name = ascii(name).to_upper_camel_case();
        name.truncate(TYPE_LENGTH);
        self.take(&usable(name, "Value", "N"), "")
    }

    fn take(&mut self, name: &str, joint: &str) -> Ident {
        let mut free = name.to_owned();
        while self.taken.contains_key(&free) {
            let last = self.taken.entry(name.to_owned()).or_insert(1);
            *last = last.saturating_add(1);
            // With a number behind it a keyword is none.
            free = format!("{}{joint}{last}", name.trim_end_matches('_'));
        }
        self.taken.insert(free.clone(), 1);
        Ident::new(&free, Span::call_site())
    }
}

/// The name with everything but ASCII letters and digits turned into word breaks.
fn ascii(name: &str) -> String {
    let mut words = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            _ if c.is_ascii_alphanumeric() => words.push(c),
            _ if c.is_ascii() => words.push(' '),
            _ => words.push_str(&format!(" u{:x} ", u32::from(c))),
        }
    }
    words
}

fn usable(name: String, empty: &str, digit: &str) -> String {
    match name.chars().next() {
        None => empty.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("{digit}{name}"),
        Some(_) if KEYWORDS.contains(&name.as_str()) => format!("{name}_"),
        Some(_) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, snake: &str, camel: &str) {
        assert_eq!(Scope::default().snake(name).to_string(), snake);
        assert_eq!(Scope::default().camel(name).to_string(), camel);
    }

    #[test]
    fn names_become_what_rust_is_used_to() {
        check("RegionId", "region_id", "RegionId");
        check("VPCId", "vpc_id", "VpcId");
        check("Ipv6Address", "ipv6_address", "Ipv6Address");
        check("cn-hangzhou", "cn_hangzhou", "CnHangzhou");
        check("SystemDisk.Category", "system_disk_category", "SystemDiskCategory");
        check("a b\tc", "a_b_c", "ABC");
    }

    #[test]
    fn odd_names_become_names_all_the_same() {
        check("", "value", "Value");
        check("---", "value", "Value");
        check("3DES", "n3des", "N3des");
        check("0", "n0", "N0");
        check("名称", "u540d_u79f0", "U540dU79f0");
        check("é*/ \"x\"", "ue9_x", "Ue9X");
        check("\u{202e}", "u202e", "U202e");
    }

    #[test]
    fn the_name_of_a_file_is_cut() {
        let long = "像".repeat(128);
        let mut scope = Scope::default();
        let names = [scope.module(&long).to_string(), scope.module(&long).to_string()];
        assert_eq!(names[0].len(), 119);
        assert_eq!(names[1], format!("{}_2", names[0]));
        assert_eq!(Scope::default().module("ListInstances").to_string(), "list_instances");
        let names = [scope.camel(&long).to_string(), scope.camel(&long).to_string()];
        assert_eq!(names[0].len(), 200);
        assert_eq!(names[1], format!("{}2", names[0]));
    }

    #[test]
    fn keywords_get_an_underscore() {
        check("type", "type_", "Type");
        check("Self", "self_", "Self_");
        check("crate", "crate_", "Crate");
        check("gen", "gen_", "Gen");
        check("_", "value", "Value");
    }

    #[test]
    fn the_first_keeps_the_plain_name() {
        let mut scope = Scope::with(&["other"]);
        let names = ["Tag", "tag", "TAG", "tag_2", "Other"].map(|name| scope.snake(name).to_string());
        assert_eq!(names, ["tag", "tag_2", "tag_3", "tag_2_2", "other_2"]);
        let mut scope = Scope::default();
        let names = ["type", "Type", "Tag_"].map(|name| scope.snake(name).to_string());
        assert_eq!(names, ["type_", "type_2", "tag"]);
        let mut scope = Scope::default();
        let names = ["Tag", "tag", "Tag2"].map(|name| scope.camel(name).to_string());
        assert_eq!(names, ["Tag", "Tag2", "Tag22"]);
    }
}
