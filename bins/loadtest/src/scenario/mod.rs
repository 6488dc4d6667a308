//! What can be done to a server.

mod call;
mod churn;
mod idle;
mod pairs;
mod queue;
mod ramp;
mod relay;

pub(crate) use churn::{Habits, churn};
pub(crate) use idle::idle;
pub(crate) use queue::queue;
pub(crate) use ramp::ramp;
pub(crate) use relay::{paced, saturated};
