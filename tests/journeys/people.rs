//! People with cards made on the spot.

use serde_json::{Value, json};

/// Where all of them live.
pub const ADDRESS: &str = "上海市嘉定区无痕示例路1号";

/// A resident's card: a name, and the first 17 digits of a number whose check character is right.
pub fn resident(name: &str, digits: &str) -> Value {
    card(name, &numbered(digits))
}

/// A resident's card whose number ends in the wrong character.
pub fn misnumbered(name: &str, digits: &str) -> Value {
    let right = numbered(digits);
    let wrong = if right.ends_with('7') { '8' } else { '7' };
    card(name, &format!("{digits}{wrong}"))
}

fn card(name: &str, number: &str) -> Value {
    json!({
        "kind": "resident", "name": name, "number": number, "sex": 1, "nation": 1,
        "birth": number.get(6..14).expect("a number of 18"), "address": ADDRESS,
        "issuer": "上海市公安局嘉定分局", "valid_from": "20200101", "valid_until": "20400101",
    })
}

/// Seventeen digits and their check character (GB 11643: ISO 7064 MOD 11-2).
pub fn numbered(digits: &str) -> String {
    assert_eq!(digits.len(), 17);
    // Pure system of ISO 7064: the running remainder doubles with each digit.
    let sum = digits.chars().fold(0, |sum, c| (sum + c.to_digit(10).expect("a digit")) * 2 % 11);
    let check = (12 - sum) % 11;
    format!("{digits}{}", if check == 10 { 'X' } else { char::from_digit(check, 10).expect("a digit") })
}

#[test]
fn check_characters() {
    // The example of GB 11643.
    assert_eq!(numbered("11010519491231002"), "11010519491231002X");
    assert_eq!(numbered("44052418800101001"), "440524188001010014");
}
