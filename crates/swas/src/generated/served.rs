//! Served operations.
/// The operations of the overlay, in its order.
pub static SERVED: &[crate::Served] = &[];
