//! `bench-sign NAME TIMES`: one contestant at work, for whoever counts instructions.

fn main() -> Result<(), &'static str> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().ok_or("which contestant?")?;
    let times = arguments.next().and_then(|times| times.parse().ok()).ok_or("how often?")?;
    bench_sign::run(&name, times)
}
