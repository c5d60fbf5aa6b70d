//! `bench-sign NAME TIMES`: one contestant at work; prints the nanoseconds it took. Whoever counts instructions or allocations
//! runs it twice and takes the difference.

fn main() -> Result<(), &'static str> {
    bench_sign::report(bench_sign::prepare)
}
