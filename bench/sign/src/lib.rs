//! What `cargo xtask bench sign` measures of ours, natively and in wasm: signing and verifying one request by both schemes, and
//! beside each the bare compression calls that no signer can do without.
//!
//! The request is that of the vectors `rpc/share-image-query` and `acs3/share-image` of `acs-sign`, whose signatures were computed
//! by other code. What is prepared is checked against them before anything is measured.

extern crate alloc;

pub mod limit;
pub mod ours;

use alloc::boxed::Box;

/// Done once a call, with an answer that the optimizer cannot leave out.
pub type Work = Box<dyn FnMut()>;

/// A contestant: its inputs are made ready and its answer is checked once, outside what is measured.
#[derive(Clone, Copy, Debug)]
pub struct Contestant {
    /// As it is asked for: `rpc-sign`.
    pub name: &'static str,
    /// Makes it ready.
    pub prepare: fn() -> Result<Work, &'static str>,
}

/// Ours and the limits.
pub const CONTESTANTS: [Contestant; 8] = [
    Contestant { name: "rpc-sign", prepare: ours::rpc_sign },
    Contestant { name: "rpc-verify", prepare: ours::rpc_verify },
    Contestant { name: "acs3-sign", prepare: ours::acs3_sign },
    Contestant { name: "acs3-verify", prepare: ours::acs3_verify },
    Contestant { name: "rpc-sign-limit", prepare: limit::rpc_sign },
    Contestant { name: "rpc-verify-limit", prepare: limit::rpc_verify },
    Contestant { name: "acs3-sign-limit", prepare: limit::acs3_sign },
    Contestant { name: "acs3-verify-limit", prepare: limit::acs3_verify },
];

/// The one request that everybody signs.
pub mod request {
    /// Of the key.
    pub const ID: [&str; 2] = ["testid", "YourAccessKeyId"];
    /// Of the key: RPC's, ACS3's.
    pub const SECRET: [&str; 2] = ["testsecret", "YourAccessKeySecret"];
    /// Where it goes.
    pub const HOST: &str = "swas.cn-hangzhou.aliyuncs.com";
    /// The operation.
    pub const ACTION: &str = "ModifyImageShareStatus";
    /// Of the API.
    pub const VERSION: &str = "2020-06-01";
    /// When.
    pub const TIME: &str = "2023-10-26T10:22:32Z";
    /// Once.
    pub const NONCE: &str = "3156853299f313e23d1673dc12e1703d";
    /// The operation's own parameters.
    pub const QUERY: [(&str, &str); 3] =
        [("ImageId", "m-bp1e79zktg26n2b0001"), ("Operation", "Share"), ("RegionId", "cn-hangzhou")];
    /// What RPC makes of it.
    pub const RPC_SIGNATURE: &str =
        include_str!("../../../crates/acs-sign/tests/vectors/rpc/share-image-query/signature.txt");
    /// What RPC makes of it where it is sent by `GET`.
    pub const RPC_GET_SIGNATURE: &str = "OxdsWP/QoOhnLZl7lJAhNpUrdu4=";
    /// What ACS3 makes of it.
    pub const ACS3_SIGNATURE: &str =
        include_str!("../../../crates/acs-sign/tests/vectors/acs3/share-image/signature.txt");
}

/// Makes a contestant ready.
///
/// # Errors
/// There is none of that name, or its answer is wrong.
pub fn prepare(name: &str) -> Result<Work, &'static str> {
    let contestant = CONTESTANTS.iter().find(|contestant| contestant.name == name);
    (contestant.ok_or("there is no such contestant")?.prepare)()
}

/// The program's arguments are a contestant and how often it works; prints how many nanoseconds that took.
///
/// # Errors
/// An argument is missing, or the contestant cannot be made ready.
#[cfg(not(target_arch = "wasm32"))]
pub fn report(prepare: impl Fn(&str) -> Result<Work, &'static str>) -> Result<(), &'static str> {
    let mut arguments = std::env::args().skip(1);
    let mut work = prepare(&arguments.next().ok_or("which contestant?")?)?;
    let times: u32 = arguments.next().and_then(|times| times.parse().ok()).ok_or("how often?")?;
    let started = std::time::Instant::now();
    for _ in 0..times {
        work();
    }
    #[expect(clippy::print_stdout, reason = "this is what the program is for")]
    {
        println!("{}", started.elapsed().as_nanos());
    }
    Ok(())
}

/// For scripts.
#[cfg(target_arch = "wasm32")]
pub mod wasm {
    use alloc::string::String;
    use wasm_bindgen::prelude::wasm_bindgen;

    /// Makes a contestant ready and lets it work so often.
    #[wasm_bindgen]
    pub fn run(name: &str, times: u32) -> Result<(), String> {
        let mut work = super::prepare(name)?;
        for _ in 0..times {
            work();
        }
        Ok(())
    }
}
