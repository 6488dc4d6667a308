//! `/reports*`: abuse reports and their moderation.

mod list;
mod moderate;
mod submit;
mod view;

pub(super) use list::{list, next, stats};
pub(super) use moderate::moderate;
pub(super) use submit::submit;
