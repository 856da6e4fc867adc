//! For whom a document is handed in.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::ValueError;
use crate::material::is_line;

/// For whom a visitor acts. What was handed in for one is nobody else's.
#[derive(Clone, PartialEq, Eq)]
pub enum Applicant {
    /// For himself.
    Oneself,
    /// For a relative: what tells one from another here, and nobody who it is.
    Relative(String),
    /// For a company, by its unified social credit code (GB 32100).
    Company(String),
}

impl Applicant {
    /// Checks every bound of the contract.
    pub(crate) fn check(&self) -> Result<(), ValueError> {
        let fits = match self {
            Self::Oneself => true,
            Self::Relative(key) => is_line(key, 64),
            Self::Company(code) => is_line(code, 18),
        };
        if fits { Ok(()) } else { Err(ValueError("applicant")) }
    }

    /// As it is kept in the outbox.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Oneself => self.kind().to_owned(),
            Self::Relative(of) | Self::Company(of) => format!("{}:{of}", self.kind()),
        }
    }

    /// What [`Applicant::to_text`] made; `None` for anything else.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None if text == "oneself" => Some(Self::Oneself),
            Some(("relative", key)) => Some(Self::Relative(key.to_owned())),
            Some(("company", code)) => Some(Self::Company(code.to_owned())),
            _ => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Oneself => "oneself",
            Self::Relative(_) => "relative",
            Self::Company(_) => "company",
        }
    }
}

impl fmt::Debug for Applicant {
    /// Leaves out who it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

impl Serialize for Applicant {
    /// `Applicant` of openapi.yaml: what tells relatives apart stays here.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Said<'a> {
            kind: &'static str,
            code: Option<&'a str>,
        }
        let code = match self {
            Self::Company(code) => Some(code.as_str()),
            Self::Oneself | Self::Relative(_) => None,
        };
        Said { kind: self.kind(), code }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_only_a_company_is_named_to_the_store() {
        let company = "91310114MA1GW0000X";
        for (applicant, said) in [
            (Applicant::Oneself, r#"{"kind":"oneself","code":null}"#.to_owned()),
            (Applicant::Relative("a:b".into()), r#"{"kind":"relative","code":null}"#.to_owned()),
            (Applicant::Company(company.into()), format!(r#"{{"kind":"company","code":"{company}"}}"#)),
        ] {
            assert!(applicant.check().is_ok());
            assert!(Applicant::from_text(&applicant.to_text()) == Some(applicant.clone()));
            assert_eq!(serde_json::to_string(&applicant).unwrap(), said);
        }
        for text in ["", "relative", "company", "nobody:x", "Oneself"] {
            assert!(Applicant::from_text(text).is_none(), "{text}");
        }
        for applicant in [
            Applicant::Relative(String::new()),
            Applicant::Company("9131\n".into()),
            Applicant::Company("1234567890123456789".into()),
        ] {
            assert_eq!(applicant.check(), Err(ValueError("applicant")));
        }
    }
}
