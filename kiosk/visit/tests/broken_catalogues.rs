//! Broken catalogues: every error is told, with its line, its field and what would be right.

use proptest::prelude::*;
use visit::catalogue::{Catalogue, CatalogueErrors};

const SAMPLE: &str = include_str!("../../../halls/jiading.toml");

/// The least hall that has one of everything. Line numbers of the tables below count here.
const HALL: &str = r#"[hall]
name = "小厅"
utc_offset = "+08:00"
[[hall.openings]]
days = ["mon", "tue"]
from = "09:00"
to = "17:00"
[hall.lunch]
from = "11:30"
to = "13:00"
numbers = false
[[departments]]
code = "market"
name = "市场监督管理局"
dept_code = "11310114990001079M"
[[windows]]
code = "general"
name = "综合窗口"
counters = "1-20"
area = "A区"
[[materials]]
code = "id"
material_name = "身份证"
material_type = "copy"
page_num = 2
[[items]]
code = "licence"
task_code = "11310114990001079M4310114001001"
task_name = "营业执照"
department = "market"
window = "general"
theme = "business"
anticipate_day = 20
promise_day = 1
materials = ["id"]
[[items.caps]]
from = "09:00"
to = "12:00"
numbers = 20
[[items.caps]]
from = "12:00"
to = "24:00"
numbers = 20
[[items]]
code = "seal"
task_code = "11310114990001079M4310114001002"
task_name = "公章"
department = "market"
window = "general"
theme = "business"
anticipate_day = 2
promise_day = 0
alone = false
[[packages]]
code = "start"
name = "来嘉办"
items = ["licence"]
options = ["seal"]
window = "general"
theme = "business"
"#;

/// The least group of that hall, to stand behind it; it begins in line 61.
const GROUP: &str = r#"[[groups]]
code = "all"
name = "大家"
matters = ["package.start", "matter.licence"]
"#;

fn errors(text: &str) -> CatalogueErrors {
    Catalogue::parse(text).expect_err("this catalogue is broken")
}

#[test]
fn the_hall_itself_is_right() {
    let hall = Catalogue::parse(HALL).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(hall.hall.name.en, "小厅");
    assert_eq!(hall.items.len(), 2);
    assert!(hall.items.iter().any(|i| !i.alone));
    assert!(hall.hall.popular.is_empty() && hall.groups.is_empty());
    assert!(hall.items.iter().all(|i| i.online.is_none()));
    let end = hall.items[0].caps[1].span;
    assert!(end.holds(jiff::civil::time(23, 59, 59, 999_999_998)));
}

#[test]
fn one_error_each() {
    // what is put in the place of what; line, field, and a part of the advice
    let long = format!("\"{}\"", "字".repeat(61));
    let second = "[[materials]]\ncode = \"id\"\nmaterial_name = \"证\"\nmaterial_type = \"copy\"\n\
                  [[items]]\ncode = \"licence\"";
    let far = format!("alone = false\nonline = \"https://a.cn/{}\"", "x".repeat(188));
    let table: &[(&str, &str, usize, &str, &str)] = &[
        // fields
        ("area = \"A区\"", "area = \"A区\"\nfloor = 2", 21, "windows[0].floor", "known here: code, name"),
        ("counters = \"1-20\"\n", "", 16, "windows[0].counters", "missing"),
        (
            "theme = \"business\"\nanticipate_day = 2\n",
            "anticipate_day = 2\n",
            44,
            "items[1].theme",
            "missing",
        ),
        ("[hall]", "colour = \"red\"\n[hall]", 1, "colour", "known here: hall"),
        ("[hall]", "\"\" = 1\n[hall]", 1, "\"\"", "known here: hall"),
        (
            "numbers = false",
            "numbers = false\n\"a b\" = 1",
            12,
            "hall.lunch.\"a b\"",
            "known here: from, to, numbers",
        ),
        ("alone = false", "alone = \"no\"", 53, "items[1].alone", "true or false"),
        ("page_num = 2", "page_num = 0", 25, "materials[0].page_num", "from 1 to 500"),
        ("page_num = 2", "page_num = 2.5", 25, "materials[0].page_num", "a decimal number stands here"),
        ("\"copy\"", "\"scan\"", 24, "materials[0].material_type", "\"original\", \"copy\""),
        (
            "page_num = 2",
            "licence_types = [\"11100000000013127d001\"]",
            25,
            "materials[0].licence_types[0]",
            "21 digits and capitals",
        ),
        ("page_num = 2", "document = \"doc\"", 25, "materials[0].document", "\"pdf\", \"ofd\", \"jpeg\""),
        (
            "page_num = 2",
            "document = \"jpeg\"\ncompact = true",
            26,
            "materials[0].compact",
            "cannot be compact",
        ),
        ("page_num = 2", "compact = 1", 25, "materials[0].compact", "true or false"),
        (
            "page_num = 2",
            "example = \"../key.jpg\"",
            25,
            "materials[0].example",
            "below the catalogue's folder",
        ),
        (
            "page_num = 2",
            "example = \"/etc/x.jpg\"",
            25,
            "materials[0].example",
            "below the catalogue's folder",
        ),
        (
            "materials = [\"id\"]",
            "optional = [\"id\"]",
            35,
            "items[0].optional[0]",
            "the item does not ask for it",
        ),
        ("promise_day = 0", "promise_day = -1", 52, "items[1].promise_day", "from 0 to 1000"),
        // texts
        ("\"小厅\"", &long, 2, "hall.name", "60 at most"),
        ("\"小厅\"", "\"\"", 2, "hall.name", "empty"),
        ("\"小厅\"", "\" 小厅\"", 2, "hall.name", "space"),
        ("\"小厅\"", r#""小\u001B@厅""#, 2, "hall.name", "cannot be shown"),
        ("\"小厅\"", "\"小厅\"\nname_en = \"Small\\nhall\"", 3, "hall.name_en", "cannot be shown"),
        // codes
        ("code = \"start\"", "code = \"Start\"", 55, "packages[0].code", "a-z, 0-9 and -"),
        ("code = \"start\"", "code = \"\"", 55, "packages[0].code", "a-z, 0-9 and -"),
        ("[[items]]\ncode = \"licence\"", second, 27, "materials[1].code", "line 22"),
        (
            "[\"id\"]",
            "[\"id\", \"photo\"]",
            35,
            "items[0].materials[1]",
            "no material has the code \"photo\"",
        ),
        ("[\"id\"]", "[\n  \"id\",\n  \"id\",\n]", 37, "items[0].materials[1]", "name it once"),
        ("079M\"", "0790\"", 15, "departments[0].dept_code", "check character"),
        ("079M\"", "079m\"", 15, "departments[0].dept_code", "capitals"),
        ("4310114001002", "6310114001002", 46, "items[1].task_code", "write 1 to 5"),
        ("4310114001002", "431011400100", 46, "items[1].task_code", "30 characters"),
        ("079M4310114001002", "07904310114001002", 46, "items[1].task_code", "check character"),
        ("990001079M4310114001002", "990001140C4310114001002", 46, "items[1].task_code", "dept_code"),
        // days, packages
        ("promise_day = 1", "promise_day = 21", 34, "items[0].promise_day", "20 by law"),
        ("items = [\"licence\"]", "items = []", 57, "packages[0].items", "empty"),
        (
            "options = [\"seal\"]",
            "options = [\"seal\", \"licence\"]",
            58,
            "packages[0].options[1]",
            "always done",
        ),
        ("options = [\"seal\"]\n", "", 53, "items[1].alone", "nobody can reach"),
        ("items = [\"licence\"]", "items = [\"licence\", \"loan\"]", 57, "packages[0].items[1]", "no item"),
        // hours
        ("\"+08:00\"", "\"+8\"", 3, "hall.utc_offset", "+08:00"),
        ("\"+08:00\"", "\"+14:30\"", 3, "hall.utc_offset", "+08:00"),
        ("\"tue\"", "\"tues\"", 5, "hall.openings[0].days[1]", "\"mon\""),
        ("\"tue\"", "\"mon\"", 5, "hall.openings[0].days[1]", "once"),
        ("to = \"17:00\"", "to = \"09:00\"", 7, "hall.openings[0].to", "later than 09:00"),
        ("to = \"17:00\"", "to = \"17\"", 7, "hall.openings[0].to", "HH:MM"),
        ("from = \"09:00\"\nto = \"17", "from = \"24:00\"\nto = \"17", 6, "hall.openings[0].from", "23:59"),
        ("to = \"17:00\"", "to = 17:00:00", 7, "hall.openings[0].to", "quotes"),
        ("to = \"17:00\"", "to = \"12:30\"", 8, "hall.lunch", "outside"),
        ("to = \"13:00\"", "to = \"11:00\"", 10, "hall.lunch.to", "later than 11:30"),
        ("from = \"12:00\"", "from = \"11:59\"", 40, "items[0].caps[1]", "line 36"),
        ("to = \"24:00\"", "to = \"12:00\"", 42, "items[0].caps[1].to", "later than 12:00"),
        ("numbers = 20\n[[items]]", "numbers = -20\n[[items]]", 43, "items[0].caps[1].numbers", "from 0 to"),
        // where a matter is done without coming
        (
            "alone = false",
            "alone = false\nonline = \"http://a.cn\"",
            54,
            "items[1].online",
            "write \"https://",
        ),
        ("alone = false", &far, 54, "items[1].online", "at most 200 characters"),
        (
            "options = [\"seal\"]",
            "options = [\"seal\"]\nonline = \"https://政务.cn\"",
            59,
            "packages[0].online",
            "all of them ASCII",
        ),
        (
            "options = [\"seal\"]",
            "options = [\"seal\"]\nonline = true",
            59,
            "packages[0].online",
            "a text in quotes",
        ),
        // not TOML
        (
            "theme = \"business\"\nanticipate_day = 20",
            "theme = business\nanticipate_day = 20",
            32,
            "file",
            "TOML",
        ),
        ("code = \"id\"", "code = \"id\"\ncode = \"id\"", 23, "file", "duplicate key"),
        ("options = [\"seal\"]", "options = [\"seal\"", 59, "file", "not TOML"),
    ];
    for (old, new, line, field, advice) in table {
        assert_eq!(HALL.matches(old).count(), 1, "{old} must name one place");
        let errors = errors(&HALL.replace(old, new));
        let [error] = &errors.0[..] else { panic!("{new}: {errors}") };
        assert_eq!((error.line, error.field.as_str()), (*line, *field), "{new}: {error}");
        assert!(error.what.contains(advice), "{new}: {error}");
    }
}

/// Lists of what visitors pick: a group's, and what is popular.
#[test]
fn one_error_in_each_list_of_matters() {
    let whole = format!("{HALL}{GROUP}");
    let hall = Catalogue::parse(&whole).unwrap_or_else(|errors| panic!("{errors}"));
    let group: Vec<_> = hall.groups[0].matters.iter().map(ToString::to_string).collect();
    assert_eq!(
        (hall.groups[0].name.en.as_str(), group),
        ("大家", vec!["package.start".into(), "matter.licence".into()])
    );
    let nine = format!("popular = [{}]\nutc_offset =", "\"package.start\", ".repeat(9));
    let table: &[(&str, &str, usize, &str, &str)] = &[
        ("\"package.start\"", "\"start\"", 64, "groups[0].matters[0]", "\"package.CODE\" for a package"),
        ("\"package.start\"", "\"package.Start\"", 64, "groups[0].matters[0]", "is no matter"),
        ("\"package.start\"", "\"package.stop\"", 64, "groups[0].matters[0]", "add it to [[packages]]"),
        ("\"package.start\"", "\"matter.start\"", 64, "groups[0].matters[0]", "add it to [[items]]"),
        ("\"package.start\"", "\"matter.licence\"", 64, "groups[0].matters[1]", "name it once"),
        ("\"package.start\"", "\"matter.seal\"", 64, "groups[0].matters[0]", "seal is not alone"),
        ("\"package.start\"", "7", 64, "groups[0].matters[0]", "a text in quotes"),
        ("[\"package.start\", \"matter.licence\"]", "[]", 64, "groups[0].matters", "one entry or more"),
        ("\nmatters = [\"package.start\", \"matter.licence\"]", "", 61, "groups[0].matters", "missing"),
        ("name = \"大家\"\n", "", 61, "groups[0].name", "missing"),
        ("name = \"大家\"", "name = \"大家\"\nage = 60", 64, "groups[0].age", "known here: code, name"),
        ("code = \"all\"", "code = \"ALL\"", 62, "groups[0].code", "is no group code"),
        (
            "utc_offset =",
            "popular = [\"matter.seal\"]\nutc_offset =",
            3,
            "hall.popular[0]",
            "seal is not alone",
        ),
        (
            "utc_offset =",
            "popular = [\"package.start\", \"package.start\"]\nutc_offset =",
            3,
            "hall.popular[1]",
            "name it once",
        ),
        ("utc_offset =", "popular = \"package.start\"\nutc_offset =", 3, "hall.popular", "write a list"),
        ("utc_offset =", &nine, 3, "hall.popular", "9 entries; there may be 8 at most"),
    ];
    for (old, new, line, field, advice) in table {
        assert_eq!(whole.matches(old).count(), 1, "{old} must name one place");
        let errors = errors(&whole.replace(old, new));
        let [error] = &errors.0[..] else { panic!("{new}: {errors}") };
        assert_eq!((error.line, error.field.as_str()), (*line, *field), "{new}: {error}");
        assert!(error.what.contains(advice), "{new}: {error}");
    }
}

#[test]
fn all_errors_at_once_in_the_order_of_the_file() {
    let broken = HALL
        .replace("name = \"公章\"", "nmae = \"公章\"")
        .replace("page_num = 2", "page_num = 0")
        .replace("\"17:00\"", "\"5 pm\"")
        .replace("window = \"general\"", "window = \"special\"");
    let errors = errors(&broken);
    let told: Vec<_> = errors.0.iter().map(|e| (e.line, e.field.as_str())).collect();
    assert_eq!(
        told,
        [
            (7, "hall.openings[0].to"),
            (25, "materials[0].page_num"),
            (31, "items[0].window"),
            (44, "items[1].task_name"),
            (47, "items[1].task_nmae"),
            (49, "items[1].window"),
            (59, "packages[0].window"),
        ]
    );
    let text = errors.to_string();
    assert_eq!(text.lines().count(), 8);
    assert!(text.starts_with("the catalogue has 7 errors; "), "{text}");
    assert!(text.contains("\nline 25: materials[0].page_num: 0 stands here"), "{text}");
}

#[test]
fn an_error_in_one_place_makes_none_elsewhere() {
    // the department's credit code is wrong, not the items that use it
    let wrong = errors(&HALL.replace("dept_code = \"11310114990001079M\"", "dept_code = \"1131\""));
    assert_eq!(wrong.0.len(), 1, "{wrong}");
    // the item is wrong, not the package that has it
    let wrong = errors(&HALL.replace("promise_day = 0", "promise_day = 9"));
    assert_eq!(wrong.0.len(), 1, "{wrong}");
}

#[test]
fn nothing_at_all() {
    for text in ["", "\n\n", "# a comment\n", "\u{FEFF}"] {
        let errors = errors(text);
        let told: Vec<_> = errors.0.iter().map(|e| (e.line, e.field.as_str())).collect();
        assert_eq!(told, [(1, "hall"), (1, "departments"), (1, "windows"), (1, "items")], "{text:?}");
    }
}

#[test]
fn limits() {
    let head = HALL.split("[[items]]").next().unwrap();
    let item = |n: usize| {
        format!(
            "[[items]]\ncode = \"i{n}\"\ntask_code = \"11310114990001079M4310114001001\"\ntask_name = \"事项\"\n\
             department = \"market\"\nwindow = \"general\"\ntheme = \"personal\"\nanticipate_day = 0\npromise_day = 0\n"
        )
    };
    let package = |n: usize| {
        format!(
            "[[packages]]\ncode = \"p{n}\"\nname = \"套餐\"\nitems = [\"i0\"]\nwindow = \"general\"\ntheme = \"personal\"\n"
        )
    };
    let hall = |items: usize, packages: usize| {
        let items: String = (0..items).map(item).collect();
        let packages: String = (0..packages).map(package).collect();
        format!("{head}{items}{packages}")
    };
    assert!(Catalogue::parse(&hall(2000, 500)).is_ok());
    let many = errors(&hall(2001, 1));
    assert_eq!((many.0[0].line, many.0[0].field.as_str()), (26, "items"), "{many}");
    let many = errors(&hall(1, 501));
    assert_eq!((many.0[0].line, many.0[0].field.as_str()), (35, "packages"), "{many}");

    let comment = |bytes: usize| format!("{HALL}#{}", " ".repeat(bytes - HALL.len() - 1));
    assert!(Catalogue::parse(&comment(2 * 1024 * 1024)).is_ok());
    let long = errors(&comment(2 * 1024 * 1024 + 1));
    assert_eq!((long.0.len(), long.0[0].field.as_str()), (1, "file"), "{long}");
    // as many errors as bytes allow are not as many messages
    let wrong = errors(&format!("{HALL}{}", (0..5000).map(|n| format!("x{n} = 0\n")).collect::<String>()));
    assert_eq!(wrong.0.len(), 1000);
    // deep nesting ends in an error, not on the stack
    assert!(Catalogue::parse(&format!("a = {}", "[".repeat(100_000))).is_err());
    assert!(Catalogue::parse(&"a.".repeat(100_000)).is_err());
}

/// Cuts, doubles or overwrites a part of a text, at the borders of characters.
fn mutate(text: &str, at: usize, length: usize, what: u8, with: &str) -> String {
    let border = |mut n: usize| {
        n = n.min(text.len());
        while !text.is_char_boundary(n) {
            n -= 1;
        }
        n
    };
    let (from, to) = (border(at), border(at + length));
    let (head, part, tail) = (&text[..from], &text[from..to], &text[to..]);
    match what % 4 {
        0 => format!("{head}{tail}"),
        1 => format!("{head}{part}{part}{tail}"),
        2 => format!("{head}{with}{tail}"),
        _ => head.to_owned(),
    }
}

/// Reads a text and holds the promises of an error.
fn reads_or_says_why(text: &str) -> Result<(), TestCaseError> {
    if let Err(errors) = Catalogue::parse(text) {
        prop_assert!(!errors.0.is_empty());
        prop_assert!(errors.0.is_sorted_by_key(|e| e.line));
        let lines = text.lines().count().max(1);
        for error in &errors.0 {
            prop_assert!((1..=lines).contains(&error.line), "{error} of {lines} lines");
            prop_assert!(!error.to_string().contains('\n'), "{error:?}");
        }
        prop_assert_eq!(errors.to_string().lines().count(), errors.0.len() + 1);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_sample_never_panics(
        at in 0..SAMPLE.len(), length in 0..400_usize, what: u8, with in ".{0,12}"
    ) {
        reads_or_says_why(&mutate(SAMPLE, at, length, what, &with))?;
    }

    #[test]
    fn a_much_mutated_hall_never_panics(
        places in proptest::collection::vec((0..HALL.len(), 0..30_usize, any::<u8>(), "[ -~\\n√中\\[\\]\"=.]{0,8}"), 1..6)
    ) {
        let text = places.iter().fold(HALL.to_owned(), |text, (at, length, what, with)| {
            mutate(&text, *at, *length, *what, with)
        });
        reads_or_says_why(&text)?;
    }

    #[test]
    fn any_text_never_panics(text in "\\PC{0,200}") {
        reads_or_says_why(&text)?;
    }
}
