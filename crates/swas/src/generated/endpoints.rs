//! Regional endpoints.
/// One host a region.
pub static ENDPOINTS: &[crate::Endpoint] = &[];
