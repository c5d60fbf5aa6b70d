//! Rust names for the vendor's names, which may hold anything.
//!
//! The rules, in order:
//! 1. words break where case does and at every character that is not an ASCII letter or digit; a non-ASCII character
//!    becomes a word of its own, `u` and its code point in hex;
//! 2. words are joined as Rust's habits ask: `snake_case`, `UpperCamelCase`;
//! 3. a name left empty is `value`; one that starts with a digit gets an `n` in front;
//! 4. names that become a file's are cut: a module's after 120 characters, a type's, which rustdoc gives a page, after 200;
//! 5. a keyword, or what the scope needs for itself, gets a `_` behind;
//! 6. of spellings that have become one name, the first in byte order keeps it, and each other gets the first digits of its
//!    own SHA-256 behind: as many as tell it apart, four or more.
//!
//! So the names of a scope follow from the set of its spellings and not from their order, and one more spelling renames one
//! other at most.

use alloc::collections::{BTreeMap, BTreeSet};
use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, Span};
use std::collections::{HashMap, HashSet};

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
/// Digits that tell names apart, unless they do not.
const DIGITS: usize = 4;

/// What a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// A module. Its name becomes a file's, and file systems stop at 255 bytes.
    Module,
    /// A field or a function.
    Field,
    /// A type or a variant.
    Type,
}

/// The names of a scope, in which they must differ.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<String, Ident>);

impl Names {
    /// The name made from a spelling of the scope.
    ///
    /// # Panics
    /// Where the spelling is not of the scope, which no document can bring about.
    pub(crate) fn of(&self, spelling: &str) -> Ident {
        match self.0.get(spelling) {
            Some(ident) => ident.clone(),
            None => unreachable!("{spelling:?} was not there when its scope was named"),
        }
    }
}

impl Naming {
    /// The names of these spellings, in a scope that needs the reserved ones for itself.
    pub(crate) fn names<S: Into<String>>(self, reserved: &[&str], spellings: impl IntoIterator<Item = S>) -> Names {
        let mut clashing: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for spelling in spellings {
            let spelling = spelling.into();
            clashing.entry(self.usable(&spelling, reserved)).or_default().insert(spelling);
        }
        let mut taken: HashSet<String> = clashing.keys().cloned().collect();
        taken.extend(reserved.iter().map(|&name| name.to_owned()));
        let mut names = HashMap::new();
        for (name, spellings) in clashing {
            let mut spellings = spellings.into_iter();
            // With digits behind it a keyword is none.
            let stem = format!("{}{}", name.trim_end_matches('_'), if self == Self::Type { "" } else { "_" });
            names.extend(spellings.next().map(|first| (first, Ident::new(&name, Span::call_site()))));
            for spelling in spellings {
                let digits = crate::digest(&spelling, None);
                let lengths = DIGITS..=digits.len();
                let mut free = lengths.filter_map(|length| Some(format!("{stem}{}", digits.get(..length)?)));
                if let Some(name) = free.find(|name| taken.insert(name.clone())) {
                    names.insert(spelling, Ident::new(&name, Span::call_site()));
                }
            }
        }
        Names(names)
    }

    /// The name of a spelling that is alone in its scope.
    pub(crate) fn name(self, spelling: &str) -> String {
        self.usable(spelling, &[])
    }

    fn usable(self, spelling: &str, reserved: &[&str]) -> String {
        let words = ascii(spelling);
        let mut name = match self {
            Self::Module | Self::Field => words.to_snake_case(),
            Self::Type => words.to_upper_camel_case(),
        };
        let (empty, digit) = if self == Self::Type { ("Value", 'N') } else { ("value", 'n') };
        match name.chars().next() {
            None => name.push_str(empty),
            Some(first) if first.is_ascii_digit() => name.insert(0, digit),
            Some(_) => {}
        }
        // What is left is ASCII.
        match self {
            Self::Module => name.truncate(MODULE_LENGTH),
            Self::Field => {}
            Self::Type => name.truncate(TYPE_LENGTH),
        }
        name.truncate(name.trim_end_matches('_').len());
        if KEYWORDS.contains(&name.as_str()) || reserved.contains(&name.as_str()) {
            name.push('_');
        }
        name
    }
}

/// The spelling of a path with one more step. No other path has it, whatever its names hold.
pub(crate) fn step(path: &str, name: &str) -> String {
    format!("{path}\0/{}", name.replace('\0', "\0~"))
}

/// The spelling of what stands beside the named fields at the end of a path.
pub(crate) fn beside(path: &str) -> String {
    format!("{path}\0+Value")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, field: &str, of_type: &str) {
        assert_eq!(Naming::Field.name(name), field);
        assert_eq!(Naming::Type.name(name), of_type);
    }

    /// The names of spellings, which are the same in every order.
    #[track_caller]
    fn all<const N: usize>(naming: Naming, reserved: &[&str], spellings: [&str; N]) -> [String; N] {
        let of = |names: &Names| spellings.map(|spelling| names.of(spelling).to_string());
        let names = of(&naming.names(reserved, spellings));
        for turned in 0..N {
            let mut order = spellings;
            order.rotate_left(turned);
            assert_eq!(of(&naming.names(reserved, order)), names);
            order.reverse();
            assert_eq!(of(&naming.names(reserved, order)), names);
        }
        names
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
        let (long, longer) = ("像".repeat(128), "像".repeat(129));
        let [name, other] = all(Naming::Module, &[], [&long, &longer]);
        assert_eq!((name.len(), other), (119, format!("{name}_f2ab")));
        assert_eq!(Naming::Module.name("ListInstances"), "list_instances");
        let [name, other] = all(Naming::Type, &[], [&long, &longer]);
        assert_eq!((name.len(), other), (200, format!("{name}f2ab")));
    }

    #[test]
    fn keywords_and_what_is_reserved_get_an_underscore() {
        check("type", "type_", "Type");
        check("Self", "self_", "Self_");
        check("crate", "crate_", "Crate");
        check("gen", "gen_", "Gen");
        check("_", "value", "Value");
        assert_eq!(all(Naming::Type, &["Other"], ["other", "Others"]), ["Other_", "Others"]);
        assert_eq!(all(Naming::Module, &["lib"], ["Lib", "LIB"]), ["lib_8b73", "lib_"]);
    }

    #[test]
    fn what_clashes_is_told_apart_by_its_own_spelling() {
        let names = all(Naming::Field, &[], ["Tag", "tag", "TAG", "Tag2", "Other"]);
        assert_eq!(names, ["tag_1503", "tag_2a10", "tag", "tag2", "other"]);
        assert_eq!(all(Naming::Field, &[], ["type", "Type", "Tag_"]), ["type_1303", "type_", "tag"]);
        assert_eq!(all(Naming::Type, &[], ["Tag", "tag", "Tag 2"]), ["Tag", "Tag2a10", "Tag2"]);
        // Somebody has the name with the digits already.
        assert_eq!(all(Naming::Field, &[], ["Tag", "tag", "tag-2a10"]), ["tag", "tag_2a107", "tag_2a10"]);
        // One more spelling renames one other at most.
        assert_eq!(all(Naming::Field, &[], ["Tag", "tag"]), ["tag", "tag_2a10"]);
    }

    #[test]
    fn every_path_has_its_spelling() {
        let paths = [&["a", "b"][..], &["a\0/b"], &["a\0", "b"], &["a", "\0b"], &["a\0~", "b"], &["a/b"]];
        let spellings: HashSet<String> =
            paths.iter().map(|path| path.iter().fold(String::new(), |path, name| step(&path, name))).collect();
        assert_eq!(spellings.len(), paths.len());
        assert!(!spellings.contains(&beside("a")) && beside("a") != step("a", "Value"));
        assert_eq!(Naming::Type.name(&step(&step("Request", "tag"), "key")), "RequestTagKey");
    }
}
