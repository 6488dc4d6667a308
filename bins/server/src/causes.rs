//! Errors for people.

use std::{error::Error, iter};

/// The error and its causes in one line, without those that one before has told already.
pub(crate) fn in_one_line(error: &(dyn Error + 'static)) -> String {
    let causes = iter::successors(error.source(), |cause| Error::source(*cause)).map(ToString::to_string);
    causes.fold(
        error.to_string(),
        |text, cause| {
            if text.ends_with(&cause) { text } else { format!("{text}: {cause}") }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Told {
        text: &'static str,
        #[source]
        cause: Option<Box<Self>>,
    }

    fn told(text: &'static str, cause: Option<Told>) -> Told {
        Told { text, cause: cause.map(Box::new) }
    }

    #[test]
    fn each_cause_is_told_once() {
        let root = told("refused", None);
        let wrapped = told("cannot connect: refused", Some(root));
        assert_eq!(in_one_line(&told("no store", Some(wrapped))), "no store: cannot connect: refused");
    }
}
