//! Conditions under which a run has failed: `signaling_p95_ms>200`.

use std::{cmp::Ordering, fmt, str::FromStr};

/// `name`, an operator, a number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Threshold {
    pub(crate) name: String,
    operator: Operator,
    limit: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Above,
    AtLeast,
    Below,
    AtMost,
}

const OPERATORS: [(&str, Operator); 4] =
    [(">=", Operator::AtLeast), ("<=", Operator::AtMost), (">", Operator::Above), ("<", Operator::Below)];

impl Threshold {
    /// Whether a run with this value has failed.
    pub(crate) fn is_met_by(&self, value: f64) -> bool {
        let Some(order) = value.partial_cmp(&self.limit) else { return true };
        match self.operator {
            Operator::Above => order == Ordering::Greater,
            Operator::AtLeast => order != Ordering::Less,
            Operator::Below => order == Ordering::Less,
            Operator::AtMost => order != Ordering::Greater,
        }
    }
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = OPERATORS.iter().find_map(|(sign, operator)| {
            let (name, limit) = text.split_once(sign)?;
            Some(Self { name: name.trim().into(), operator: *operator, limit: limit.trim().parse().ok()? })
        });
        found.ok_or_else(|| "must be like signaling_p95_ms>200".into())
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign =
            OPERATORS.iter().find(|(_, operator)| *operator == self.operator).map_or("", |(sign, _)| sign);
        write!(f, "{} {sign} {}", self.name, self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_compares() {
        for (text, failing, passing) in
            [("a>2", 2.1, 2.0), ("a >= 2", 2.0, 1.9), ("a<2", 1.9, 2.0), ("a<=2", 2.0, 2.1)]
        {
            let threshold: Threshold = text.parse().unwrap();
            assert_eq!(threshold.name, "a");
            assert!(threshold.is_met_by(failing) && !threshold.is_met_by(passing), "{text}");
        }
        assert!("a>2".parse::<Threshold>().unwrap().is_met_by(f64::NAN));
        assert!("a2".parse::<Threshold>().is_err() && "a>b".parse::<Threshold>().is_err());
    }
}
