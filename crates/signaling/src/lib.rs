//! Events, the life of a call and relay rules.
