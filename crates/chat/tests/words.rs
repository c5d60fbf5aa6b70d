//! What people type, and what is meant.

use chat::words;

fn check(cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(words(text), *expected, "{text:?}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn white_space_separates() {
    check(&[
        ("", &[]),
        (" \t\r\n\u{a0}\u{3000}", &[]),
        ("share m-bp1a2b cn-hangzhou", &["share", "m-bp1a2b", "cn-hangzhou"]),
        ("  share\tm-1\r\ncn-hangzhou \n", &["share", "m-1", "cn-hangzhou"]),
        ("share\u{a0}m-1\u{202f}x\u{3000}y\u{2007}z", &["share", "m-1", "x", "y", "z"]),
        ("m-1\u{200b} \u{feff}m-\u{2060}2 \u{200b}", &["m-1", "m-2"]),
        ("\u{202e}m-1\u{202c} a\u{0}b", &["m-1", "ab"]),
    ]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn what_stands_around_a_word_falls_away() {
    check(&[
        ("`share` `m-1`", &["share", "m-1"]),
        ("`share m-1 cn-hangzhou`", &["share", "m-1", "cn-hangzhou"]),
        ("```share m-1```", &["share", "m-1"]),
        ("share m-1, cn-hangzhou.", &["share", "m-1", "cn-hangzhou"]),
        ("share m-1，cn-hangzhou。", &["share", "m-1,cn-hangzhou"]),
        ("share m-1； cn-hangzhou！", &["share", "m-1", "cn-hangzhou"]),
        ("help?!…", &["help"]),
        ("share (m-1) <m-2> [cn-hangzhou] 「m-3」", &["share", "m-1", "m-2", "cn-hangzhou", "m-3"]),
        ("`m-1`.", &["m-1"]),
        ("(`m-1`)", &["m-1"]),
        ("\"`m-1`\"", &["`m-1`"]),
        ("`\"m-1\"`", &["m-1"]),
        ("share \"m-1", &["share", "m-1"]),
        ("share m-1”", &["share", "m-1"]),
        // Inside a word they stay.
        ("a.b,c:d m`1 it's 1.2.3.4:80", &["a.b,c:d", "m`1", "it's", "1.2.3.4:80"]),
        ("--region -x m-* _a_", &["--region", "-x", "m-*", "_a_"]),
        // Nothing else is left of these.
        ("? !! `", &["?", "!!", "`"]),
        ("。", &["。"]),
    ]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn characters_of_other_keyboards_are_ascii() {
    check(&[
        ("ｓｈａｒｅ　ｍ－ｂｐ１", &["share", "m-bp1"]),
        ("ＲegionId＝cn－hangzhou", &["RegionId=cn-hangzhou"]),
        ("m\u{2010}1 m\u{2011}2 m–3 m\u{2212}4", &["m-1", "m-2", "m-3", "m-4"]),
        ("分享 m-1 杭州", &["分享", "m-1", "杭州"]),
    ]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn quotation_marks_hold_words_together() {
    check(&[
        (
            "\"two words\" 'and two' “and two” ‘and two’ ＂and two＂",
            &["two words", "and two", "and two", "and two", "and two"],
        ),
        ("„unten und oben“ “so oder so\" \"und so”", &["unten und oben", "so oder so", "und so"]),
        ("\"m-1,\" \"m-1\",", &["m-1,", "m-1"]),
        (r#""a \"b\" c" "a\\" "a\b""#, &["a \"b\" c", "a\\", "a\\b"]),
        ("'Ann's image' ‘Ann’s image’", &["Ann's image", "Ann’s image"]),
        ("\"\" ''", &["", ""]),
        ("\"full－width　“stays”\"", &["full－width　“stays”"]),
        ("\"never closed", &["never", "closed"]),
        ("never closed\"", &["never", "closed"]),
    ]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_value_stays_as_it_is() {
    check(&[
        ("RegionId=cn-hangzhou Tag.1.Key=env", &["RegionId=cn-hangzhou", "Tag.1.Key=env"]),
        ("Name=a.b, Note=Done. Q=why? E=[x] G=<y>", &["Name=a.b,", "Note=Done.", "Q=why?", "E=[x]", "G=<y>"]),
        ("Url=https://a.example/?b=c&d=(e)", &["Url=https://a.example/?b=c&d=(e)"]),
        ("Name=Ann’s Size=5\" Base64=YQ==", &["Name=Ann’s", "Size=5\"", "Base64=YQ=="]),
        ("Empty= Quoted=\"\" ''", &["Empty=", "Quoted=", ""]),
        ("Name=\"two words\" Next=1", &["Name=two words", "Next=1"]),
        ("Name=“two words”, Next='3 4'.", &["Name=two words", "Next=3 4"]),
        ("`Name=a` Name=`b` Name=`c`,", &["Name=a", "Name=b", "Name=c`,"]),
        ("\"Name=two words\"", &["Name=two words"]),
        ("Name=\"never closed", &["Name=\"never", "closed"]),
        ("=x 1=y a-b=z,", &["=x", "1=y", "a-b=z"]),
    ]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_value_may_be_json() {
    check(&[
        (r#"ImageIds=["a","b"] X=1"#, &[r#"ImageIds=["a","b"]"#, "X=1"]),
        (r#"ImageIds=["a", "b c"]"#, &[r#"ImageIds=["a", "b c"]"#]),
        ("ImageIds=[“a”,\u{a0}“b”]", &[r#"ImageIds=["a", "b"]"#]),
        ("ImageIds＝［＂a＂，＂b＂］", &[r#"ImageIds=["a","b"]"#]),
        (r#"P={"k": [1, {"l": "}"}], "m": "\"]"}, Q=1"#, &[r#"P={"k": [1, {"l": "}"}], "m": "\"]"}"#, "Q=1"]),
        (r#"P=["full－width　“stays” here"]"#, &[r#"P=["full－width　“stays” here"]"#]),
        ("P=[“say \"hi\" ‘x’”]", &[r#"P=["say \"hi\" ‘x’"]"#]),
        ("P=[]", &["P=[]"]),
        ("P={}.", &["P={}"]),
        (r#"P=["a" Q=1"#, &[r#"P=["a""#, "Q=1"]),
        (r#"P=["a"#, &[r#"P=["a"#]),
        ("P=]", &["P=]"]),
    ]);
}

/// A text of openings costs no more than its length times a constant.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn openings_without_end_are_not_looked_through_for_ever() {
    for opening in ["\"a ", "a=[ ", "a=\" ", "'a ", "a=[\" ", "a={“ "] {
        let words = words(&opening.repeat(64 * 1024 / opening.len()));
        assert!(words.len() > 1, "{opening}");
    }
}
