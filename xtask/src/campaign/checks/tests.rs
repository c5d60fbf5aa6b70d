//! Each check finds what it is there for, and nothing where all is well.

use super::{Case, Finding, Known, Outputs, all};
use crate::{
    campaign::{
        evidence::{Answer, Arrival, Blow, Call, Exchange, Heard, Purpose, Seen},
        ledger::{Command, Row},
        plan::{Confirming, Errand, Sending, Standing, Trespass, Wish},
    },
    chat::Platform,
    dev::secrets::Secrets,
};

/// A world in which one person shares an image and another one confirms to unshare it afterwards.
struct World {
    errands: Vec<Errand>,
    seen: Seen,
    known: Known,
    outputs: Outputs,
}

fn errand(name: &str, wish: Wish, standing: Standing) -> Errand {
    Errand {
        name: name.to_owned(),
        platform: Platform::Slack,
        wish,
        image: "m-1".to_owned(),
        standing,
        lane: (0, 0),
        place: 0,
        trespass: None,
        sending: Sending::Once,
        confirming: Confirming::Promptly,
        way_back: true,
        pause: 0,
    }
}

fn exchange(errand: &str, purpose: Purpose, sent: u64, outcome: &str, shown: &str) -> Exchange {
    let answer =
        Answer { status: 200, outcome: Some(outcome.to_owned()), raw: shown.to_owned(), shown: shown.to_owned() };
    let nonce = format!("{errand}{purpose:?}").to_lowercase();
    Exchange { errand: errand.to_owned(), purpose, nonce, sent, ended: sent + 10, heard: Heard::Answer(answer) }
}

fn arrival(at: u64, nonce: &str, shown: &str) -> Arrival {
    Arrival {
        at,
        nonce: nonce.to_owned(),
        outcome: Some("success".to_owned()),
        raw: shown.to_owned(),
        shown: shown.to_owned(),
        status: 200,
    }
}

fn call(seq: u64, token: &str) -> Call {
    Call {
        seq,
        at: seq,
        operation: "ModifyImageShareStatus".to_owned(),
        image: Some("m-1".to_owned()),
        client_token: Some(token.to_owned()),
        request_id: format!("R{seq}"),
        done: true,
        fault: None,
        effect: true,
    }
}

fn command(id: &str, person: &str, request_id: &str) -> Command {
    Command {
        id: id.to_owned(),
        state: "Succeeded".to_owned(),
        operation: "ModifyImageShareStatus".to_owned(),
        image: Some("m-1".to_owned()),
        client_token: Some(format!("token {id}")),
        who: format!("slack:T1/{person}"),
        deadline_ms: 5_000,
        seen: Some("Confirmed".to_owned()),
        request_id: Some(request_id.to_owned()),
        undelivered: false,
    }
}

fn row(command: &str, event: &str, from: &str, to: &str) -> Row {
    Row { command: Some(command.to_owned()), event: event.to_owned(), states: Some((from.to_owned(), to.to_owned())) }
}

impl World {
    fn new() -> Self {
        let question = "Please confirm: unshare m-1\nconfirm CODE1\nCommand: B";
        Self {
            errands: Vec::from([
                errand("a", Wish::Share, Standing::Free),
                errand("b", Wish::UnShare, Standing::Careful),
            ]),
            seen: Seen {
                exchanges: Vec::from([
                    exchange("a", Purpose::Ask, 100, "success", "Done: share m-1\nCommand: A"),
                    exchange("b", Purpose::Ask, 200, "waiting", question),
                    exchange("b", Purpose::Confirm, 300, "waiting", "Accepted: unshare m-1\nCommand: B"),
                ]),
                arrivals: Vec::from([arrival(400, "bconfirm", "Done: unshare m-1\nCommand: B")]),
                blows: Vec::new(),
            },
            known: Known {
                commands: Vec::from([command("A", "100000000", "R1"), command("B", "200000000", "R2")]),
                rows: Vec::from([
                    row("A", "Admit", "Received", "Ready"),
                    row("A", "Begin", "Ready", "InFlight"),
                    row("A", "Succeed", "InFlight", "Succeeded"),
                    row("B", "Hold", "Received", "AwaitingConfirmation"),
                    row("B", "Confirm", "AwaitingConfirmation", "Ready"),
                    row("B", "Begin", "Ready", "InFlight"),
                    row("B", "Succeed", "InFlight", "Succeeded"),
                ]),
                calls: Vec::from([call(1, "token A"), call(2, "token B")]),
                limits: Vec::from([(2, 0, 1_000)]),
                now_ms: 1_000,
                ..Known::default()
            },
            outputs: Outputs {
                secrets: Secrets::from([("CONSOLE_TOKEN".to_owned(), "hush".to_owned())]),
                files: Vec::from([
                    ("worker.log".to_owned(), "moved A, moved B".to_owned()),
                    ("1.sqlite".to_owned(), "slack/aask slack/bask slack/bconfirm".to_owned()),
                ]),
            },
        }
    }

    fn findings(&self) -> Vec<Finding> {
        all(&Case::new(self.errands.iter(), &self.seen, &self.known), &self.outputs)
    }
}

/// What is found after a change to the world, in the order of the checks.
fn found(change: impl FnOnce(&mut World)) -> Vec<String> {
    let mut world = World::new();
    change(&mut world);
    world.findings().into_iter().flat_map(|finding| finding.wrong).collect()
}

fn answer(exchange: &mut Exchange) -> &mut Answer {
    match &mut exchange.heard {
        Heard::Answer(answer) => answer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_found_where_all_is_well() {
    assert_eq!(found(|_| {}), [""; 0]);
}

#[test]
fn what_was_accepted_must_be_there_and_nothing_else() {
    let lost = found(|world| {
        world.known.commands.remove(0);
        world.known.rows.drain(..3);
        world.known.calls.remove(0);
    });
    assert_eq!(lost, [r#"a: LOST, people were told of {"A"}"#]);
    let stray = found(|world| {
        world.known.commands.push(Command { state: "Denied".to_owned(), ..command("C", "100000000", "R1") });
        world.known.rows.push(row("C", "Deny", "Received", "Denied"));
    });
    assert_eq!(stray, ["C: recorded and never sent, ModifyImageShareStatus of slack:T1/100000000"]);
}

#[test]
fn what_nobody_was_told_of_belongs_to_who_did_not_wait() {
    let left = |answered: bool| {
        found(|world| {
            world.errands[0].sending = Sending::Abandoned(5);
            world.seen.exchanges[0].heard = Heard::Left;
            if answered {
                world.known.answered.insert("A".to_owned());
            }
        })
    };
    assert_eq!(left(true), [""; 0]);
    assert_eq!(left(false), ["a: A is over, and nobody was told"]);
}

#[test]
fn who_may_not_is_refused() {
    let forged = found(|world| {
        world.errands.push(Errand { trespass: Some(Trespass::Altered), ..errand("c", Wish::Share, Standing::Free) });
        world.seen.exchanges.push(exchange("c", Purpose::Trespass, 500, "refusal", "Not allowed"));
    });
    assert_eq!(forged, [r#"c: 200 Some("refusal") "Not allowed""#]);
    let let_in = found(|world| {
        world.errands[0].trespass = Some(Trespass::Stranger);
        world.seen.exchanges[0].purpose = Purpose::Trespass;
    });
    assert_eq!(
        let_in,
        [
            "a: A is Succeeded, and must not be",
            r#"a: 200 Some("success") "Done: share m-1\nCommand: A""#,
            r#"a: A is Succeeded, expected ["Denied"]"#,
        ]
    );
}

#[test]
fn every_command_ends_as_it_should() {
    let stuck = found(|world| {
        world.known.commands[0].state = "InFlight".to_owned();
        world.known.rows.remove(2);
        world.known.calls[0].effect = false;
        answer(&mut world.seen.exchanges[0]).outcome = Some("waiting".to_owned());
    });
    assert_eq!(
        stuck,
        [
            "a: STUCK, A is InFlight",
            r#"a: A is InFlight, expected ["Succeeded"]"#,
            "a: A is InFlight and was sent 1 times"
        ]
    );
    let told_otherwise = found(|world| answer(&mut world.seen.exchanges[0]).outcome = Some("failure".to_owned()));
    assert_eq!(told_otherwise, [r#"a: A is Succeeded and failure was told: "Done: share m-1\nCommand: A""#]);
}

#[test]
fn a_question_nobody_saw_may_run_out() {
    let unseen = |left: bool| {
        found(|world| {
            world.seen.exchanges.drain(2..);
            if left {
                world.errands[1].sending = Sending::Abandoned(5);
                world.seen.exchanges[1].heard = Heard::Left;
            }
            world.seen.arrivals = Vec::from([arrival(900, "bask", "Expired: unshare m-1\nCommand: B")]);
            world.seen.arrivals[0].outcome = Some("failure".to_owned());
            world.known.commands[1].state = "Expired".to_owned();
            world.known.commands[1].deadline_ms = 800;
            world.known.commands[1].request_id = None;
            world.known.rows.truncate(4);
            world.known.rows.push(row("B", "Lapse", "AwaitingConfirmation", "Expired"));
            world.known.calls.truncate(1);
        })
    };
    assert_eq!(unseen(true), [""; 0]);
    assert_eq!(unseen(false), [r#"b: B is Expired, expected ["Succeeded"]"#, "b: B was let go 0 times, expected 1"]);
}

#[test]
fn a_code_is_good_once() {
    let never = found(|world| world.errands[1].confirming = Confirming::Never);
    assert_eq!(
        never,
        [r#"b: B is Succeeded, expected ["AwaitingConfirmation"]"#, "b: B was let go 1 times, expected 0"]
    );
    let twice = found(|world| {
        let mut second = exchange("b", Purpose::Confirm, 310, "waiting", "Accepted: unshare m-1\nCommand: B");
        second.nonce = "second".to_owned();
        world.seen.exchanges.push(second);
    });
    assert_eq!(twice, ["b: B was let go 2 times, expected 1"]);
}

#[test]
fn effects_are_those_of_succeeded_commands_once_each() {
    let doubled = found(|world| {
        world.known.calls.insert(1, Call { request_id: "R9".to_owned(), ..call(1, "token A") });
        world.known.limits.clear();
    });
    assert_eq!(doubled, ["a: A is Succeeded and had 2 effects"]);
    let nobodys = found(|world| {
        world.known.calls.push(call(3, "token C"));
        world.known.limits.clear();
    });
    assert_eq!(nobodys, ["1 calls, 1 effects of no accepted command (token C)"]);
    let never = found(|world| world.known.calls[0].done = false);
    assert_eq!(never, ["a: A is Succeeded and was never carried out"]);
    let not_so = found(|world| world.known.commands[0].seen = Some("AlreadyThere".to_owned()));
    assert_eq!(not_so, ["a: A is Succeeded and had 1 effects"]);
    let invented = found(|world| world.known.commands[0].request_id = Some("R7".to_owned()));
    assert_eq!(invented, ["a: A is Succeeded and names a RequestId that the vendor has never given"]);
    let elsewhere = found(|world| world.known.calls[0].image = Some("m-2".to_owned()));
    assert_eq!(elsewhere, ["a: A is Succeeded and was carried out on another image"]);
}

#[test]
fn the_governor_lets_no_more_through() {
    let many = found(|world| world.known.limits[0].0 = 1);
    assert_eq!(many, ["2 ModifyImageShareStatus in the minute before 2 ms"]);
    assert_eq!(found(|world| world.known.calls[1].at = 59_002), [""; 0]);
}

#[test]
fn order_is_kept_on_one_image() {
    let turned = found(|world| world.known.calls = Vec::from([call(1, "token B"), call(2, "token A")]));
    assert_eq!(turned, ["m-1: A was accepted first and sent after B", "m-1: B was sent before A, not as accepted"]);
    let mixed = found(|world| {
        world.known.calls.push(Call { effect: false, ..call(3, "token A") });
        world.known.limits.clear();
    });
    assert_eq!(mixed, ["m-1: B was sent before A was over"]);
}

#[test]
fn one_final_message_for_each() {
    let again = |kill: Option<(u64, u64)>| {
        found(|world| {
            world.seen.arrivals.push(arrival(450, "bconfirm", "Done: unshare m-1\nCommand: B"));
            let kill = kill.map(|(at, until)| Blow { at, what: "kill".to_owned(), kill_until: Some(until) });
            world.seen.blows.extend(kill);
        })
    };
    assert_eq!(again(None), ["b: B followed twice, at 400 and 450 ms, and nothing was killed then"]);
    assert_eq!(again(Some((300, 399))), again(None));
    assert_eq!(again(Some((3_901, 3_950))), again(None));
    assert_eq!(again(Some((420, 430))), [""; 0]);
    let silence = found(|world| world.seen.arrivals.clear());
    assert_eq!(silence, ["b: B is over, and nobody was told"]);
    let refused = found(|world| world.seen.arrivals[0].status = 500);
    assert_eq!(refused, silence);
    let both = found(|world| world.seen.arrivals.push(arrival(450, "aask", "Done: share m-1\nCommand: A")));
    assert_eq!(both, ["a: A was told at 110 ms and followed at 450 ms"]);
    let otherwise = found(|world| {
        world.seen.arrivals[0].status = 500;
        world.seen.arrivals.push(arrival(450, "bconfirm", "Done: otherwise\nCommand: B"));
    });
    let texts = r#"["Done: otherwise\nCommand: B", "Done: unshare m-1\nCommand: B"]"#;
    assert_eq!(otherwise, [format!("b: B was told in different words: {texts}")]);
    let undelivered = found(|world| world.known.commands[1].undelivered = true);
    assert_eq!(undelivered, ["b: B counts as undelivered"]);
}

#[test]
fn slow_answers_are_found() {
    let slow = found(|world| world.seen.exchanges[2].ended = 3_400);
    assert_eq!(slow, ["slack: one of a hundred answers took 3100 ms or longer"]);
}

#[test]
fn a_gap_in_the_audit_is_found() {
    let gap = found(|world| drop(world.known.rows.remove(1)));
    assert_eq!(gap, ["A: InFlight follows on Ready"]);
    let short = found(|world| drop(world.known.rows.pop()));
    assert_eq!(short, ["B: is Succeeded, and the audit ends with InFlight"]);
    let more = found(|world| world.known.rows.push(row("C", "Deny", "Received", "Denied")));
    assert_eq!(more, ["C: in the audit and nowhere else"]);
}

#[test]
fn nothing_secret_in_any_output() {
    let log = |text: &str| found(|world| world.outputs.files[0].1.push_str(text));
    assert_eq!(log(" token=hush"), ["worker.log holds CONSOLE_TOKEN"]);
    assert_eq!(log(" confirm CODE1."), ["worker.log holds a code"]);
    assert_eq!(log(" http://127.0.0.1:1/slack/bask"), ["worker.log holds a way back"]);
    let stored = found(|world| world.outputs.files[1].1.push_str(" CODE1"));
    assert_eq!(stored, ["1.sqlite holds a code"]);
    let told = found(|world| world.seen.arrivals[0].raw.push_str(" CODE1"));
    assert_eq!(told, ["b: a follow-up holds a code"]);
}
