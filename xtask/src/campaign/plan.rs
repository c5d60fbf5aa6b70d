//! What people will do, drawn from the seed before anything happens: what comes of it changes nothing about it.

use super::random::Stream;
use crate::chat::Platform;
use core::ops::Range;

/// How many images people speak of, beside the few hot ones. The emulator has at least these.
pub(crate) const IMAGES: u64 = 240;
const HOT_IMAGES: u64 = 4;

/// After so many errands other people take over.
const SHIFT: usize = 12;

/// Where people speak: the policy knows these two.
pub(crate) const PLACES: [&str; 2] = ["501", "502"];
/// Where nothing is allowed.
pub(crate) const ELSEWHERE: &str = "909";
/// Their workspace.
pub(crate) const TEAM: &str = "T1";

/// What somebody wants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wish {
    /// `share`.
    Share,
    /// `unshare`, which is risky.
    UnShare,
    /// `ModifyImageShareStatus …`, written out, to share.
    ShareByName,
    /// `share` of an image there is not.
    ShareUnknown,
    /// `images`.
    Images,
    /// `regions`.
    Regions,
    /// `status`: a question to the ledger, no command.
    Status,
    /// Words nobody understands.
    Gibberish,
}

/// What the policy has for somebody; the first digit of their ids.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Standing {
    /// May do everything, is asked nothing that the platform's own strength does not ask for.
    Free,
    /// Confirms what is risky.
    Careful,
    /// Somebody else confirms what is risky.
    Guarded,
    /// Confirms for the guarded.
    Approver,
    /// In no rule.
    Stranger,
}

/// What is wrong with a delivery that must have no effect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Trespass {
    /// Signed with another secret.
    WrongKey,
    /// Signed, then changed.
    Altered,
    /// Signed long ago.
    Stale,
    /// By somebody no rule names.
    Stranger,
    /// In a place no rule names.
    Elsewhere,
}

/// How a delivery is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sending {
    /// Until it is answered.
    Once,
    /// This many times at one moment.
    AtOnce(u8),
    /// Again as soon as it is answered.
    Again,
    /// Again after that many further errands of the same lane.
    Later(u8),
    /// The first time nobody waits longer than this many milliseconds; then until it is answered.
    Impatient(u16),
    /// Nobody waits longer than this, and it is never sent again.
    Abandoned(u16),
    /// It is waited for, and never sent again even if the connection breaks.
    NeverAgain,
}

/// What people do when they are asked to confirm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Confirming {
    /// They confirm.
    Promptly,
    /// They confirm after so many milliseconds.
    Late(u16),
    /// Nothing.
    Never,
    /// Two deliveries with the same code at one moment.
    Twice,
    /// One delivery, sent twice at one moment.
    Doubled,
    /// Somebody else tries first.
    WrongPerson,
    /// They try in another place first.
    WrongPlace,
    /// They mistype it first.
    WrongCode,
    /// They ask again, try the first code, then use the second.
    OldCode,
    /// They take it back, and then try to confirm.
    Cancel,
    /// They confirm, and then try to take it back.
    TooLateToCancel,
}

impl Confirming {
    /// Whether the command is let go in the end.
    pub(crate) fn lets_go(self) -> bool {
        !matches!(self, Self::Never | Self::Cancel)
    }
}

/// One thing somebody does.
#[derive(Clone, Debug)]
pub(crate) struct Errand {
    /// `slack-3/17`: the lane and the number in it.
    pub(crate) name: String,
    /// Which platform.
    pub(crate) platform: Platform,
    /// What is wanted.
    pub(crate) wish: Wish,
    /// Of which image.
    pub(crate) image: String,
    /// By whom.
    pub(crate) standing: Standing,
    /// The lane's number and the shift's, in everybody's id: whoever mistypes too many codes is made to wait.
    pub(crate) lane: (usize, usize),
    /// Index into [`PLACES`].
    pub(crate) place: usize,
    /// What is wrong with it, if it must have no effect.
    pub(crate) trespass: Option<Trespass>,
    /// How it is sent.
    pub(crate) sending: Sending,
    /// What people do if they are asked to confirm.
    pub(crate) confirming: Confirming,
    /// Whether a result can follow.
    pub(crate) way_back: bool,
    /// Milliseconds before it.
    pub(crate) pause: u64,
}

impl Errand {
    /// The words.
    pub(crate) fn words(&self) -> String {
        let image = &self.image;
        match self.wish {
            Wish::Share | Wish::ShareUnknown => format!("share {image} cn-hangzhou"),
            Wish::UnShare => format!("unshare {image} cn-hangzhou"),
            Wish::ShareByName => {
                format!("ModifyImageShareStatus RegionId=cn-hangzhou ImageId={image} Operation=Share")
            }
            Wish::Images => "images cn-hangzhou".to_owned(),
            Wish::Regions => "regions".to_owned(),
            Wish::Status => "status".to_owned(),
            Wish::Gibberish => format!("shrae {image}"),
        }
    }

    /// The operation it comes to.
    pub(crate) fn operation(&self) -> &'static str {
        match self.wish {
            Wish::Images => "ListCustomImages",
            Wish::Regions => "ListRegions",
            _ => "ModifyImageShareStatus",
        }
    }

    /// Whether it is a command that is to be accepted.
    pub(crate) fn counts(&self) -> bool {
        self.trespass.is_none() && !matches!(self.wish, Wish::Status | Wish::Gibberish)
    }

    /// Whether it must not get past the door.
    pub(crate) fn is_forged(&self) -> bool {
        matches!(self.trespass, Some(Trespass::WrongKey | Trespass::Altered | Trespass::Stale))
    }

    /// Whether it changes something.
    pub(crate) fn writes(&self) -> bool {
        matches!(self.wish, Wish::Share | Wish::UnShare | Wish::ShareByName | Wish::ShareUnknown)
    }

    /// The person's id; of another standing, somebody else's in the same lane.
    pub(crate) fn person(&self, standing: Standing) -> String {
        let first = match standing {
            Standing::Free => 1,
            Standing::Careful => 2,
            Standing::Guarded => 3,
            Standing::Approver => 4,
            Standing::Stranger => 9,
        };
        let (lane, shift) = self.lane;
        format!("{first}{lane:04}{shift:04}")
    }

    /// Who must confirm.
    pub(crate) fn confirmer(&self) -> Standing {
        if self.standing == Standing::Guarded { Standing::Approver } else { self.standing }
    }
}

/// The Worker's policy, as JSON.
pub(crate) fn policy() -> String {
    let rule = |first: u8, more: &str| {
        format!(
            r#"{{"who":["*:{TEAM}/{first}*"],"where":["*:{TEAM}/{}","*:{TEAM}/{}"],"operations":["*"],{more}}}"#,
            PLACES[0], PLACES[1]
        )
    };
    let approvers = format!(r#""confirm":"risky","approvers":["*:{TEAM}/4*"]"#);
    let rules = [rule(1, r#""confirm":"never""#), rule(2, r#""confirm":"risky""#), rule(3, &approvers)];
    format!(r#"{{"allow":[{}]}}"#, rules.join(","))
}

/// The errands of the lanes with these numbers: `commands` that are to be accepted, dealt evenly to the lanes, those over all
/// platforms, and what else happens between them.
pub(crate) fn draw(seed: u64, commands: usize, numbers: Range<usize>) -> Vec<Vec<Errand>> {
    let platforms = Platform::IN_CAMPAIGN;
    let (first, lanes) = (numbers.start, numbers.len());
    let lane = |lane: usize| {
        let platform = platforms[lane % platforms.len()];
        let mut stream = Stream::of(seed, &format!("lane {lane}"));
        let mut left = commands / lanes + usize::from(lane - first < commands % lanes);
        let mut errands = Vec::new();
        while left > 0 {
            let errand = errand(&mut stream, platform, lane, errands.len());
            left -= usize::from(errand.counts());
            errands.push(errand);
        }
        errands
    };
    numbers.map(lane).collect()
}

fn errand(stream: &mut Stream, platform: Platform, lane: usize, number: usize) -> Errand {
    let wish = stream.weighted(&[
        (38, Wish::Share),
        (38, Wish::UnShare),
        (6, Wish::ShareByName),
        (5, Wish::ShareUnknown),
        (5, Wish::Images),
        (3, Wish::Regions),
        (3, Wish::Status),
        (2, Wish::Gibberish),
    ]);
    let trespass = stream.percent(14).then(|| {
        stream.weighted(&[
            (3, Trespass::WrongKey),
            (3, Trespass::Altered),
            (2, Trespass::Stale),
            (3, Trespass::Stranger),
            (3, Trespass::Elsewhere),
        ])
    });
    let trespass = trespass.flatten();
    // What anybody may ask is no trespass.
    let wish = wish.filter(|wish| trespass.is_none() || !matches!(wish, Wish::Status | Wish::Gibberish));
    let wish = wish.unwrap_or(Wish::Share);
    let number_of_image =
        if stream.percent(8) { stream.between(0..=HOT_IMAGES - 1) } else { stream.between(0..=IMAGES - 1) };
    let image = match wish {
        Wish::ShareUnknown => "m-bp1e79zktg26n2b9999".to_owned(),
        _ => format!("m-bp1e79zktg26n2b{}", 1000 + number_of_image),
    };
    let standing = stream.weighted(&[(50, Standing::Free), (30, Standing::Careful), (20, Standing::Guarded)]);
    let sending = stream.weighted(&[
        (58, Sending::Once),
        (5, Sending::AtOnce(2)),
        (4, Sending::AtOnce(4)),
        (7, Sending::Again),
        (8, Sending::Later(1)),
        (6, Sending::Impatient(0)),
        (4, Sending::Abandoned(0)),
        (8, Sending::NeverAgain),
    ]);
    let moment = u16::try_from(stream.between(1..=40)).unwrap_or(5);
    let behind = u8::try_from(stream.between(1..=4)).unwrap_or(1);
    let sending = match sending.unwrap_or(Sending::Once) {
        Sending::Later(_) => Sending::Later(behind),
        Sending::Impatient(_) => Sending::Impatient(moment),
        Sending::Abandoned(_) => Sending::Abandoned(moment),
        other => other,
    };
    let confirming = stream.weighted(&[
        (36, Confirming::Promptly),
        (5, Confirming::Late(0)),
        (8, Confirming::Never),
        (8, Confirming::Twice),
        (5, Confirming::Doubled),
        (9, Confirming::WrongPerson),
        (7, Confirming::WrongPlace),
        (5, Confirming::WrongCode),
        (6, Confirming::OldCode),
        (6, Confirming::Cancel),
        (5, Confirming::TooLateToCancel),
    ]);
    let wait = u16::try_from(stream.between(1_500..=6_000)).unwrap_or(1_500);
    let confirming = match confirming.unwrap_or(Confirming::Promptly) {
        Confirming::Late(_) => Confirming::Late(wait),
        other => other,
    };
    Errand {
        name: format!("{}-{lane}/{number}", platform.name()),
        platform,
        wish,
        image,
        standing: if trespass == Some(Trespass::Stranger) {
            Standing::Stranger
        } else {
            standing.unwrap_or(Standing::Free)
        },
        lane: (lane, number / SHIFT),
        place: usize::from(stream.percent(50)),
        trespass,
        sending,
        confirming,
        // The only platform whose senders need not say where.
        way_back: stream.percent(85) || platform != Platform::Standard,
        pause: stream.between(0..=150),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_errands_and_as_many_commands_as_asked() {
        let names = |seed| format!("{:?}", draw(seed, 300, 0..7));
        assert_eq!(names(5), names(5));
        assert_ne!(names(5), names(6));
        let lanes = draw(5, 300, 0..7);
        assert_eq!(lanes.iter().flatten().filter(|errand| errand.counts()).count(), 300);
        let platforms = Platform::IN_CAMPAIGN;
        let all_there = |lane: &Vec<Errand>| lane.iter().all(|errand| platforms.contains(&errand.platform));
        assert!(lanes.len() == 7 && lanes.iter().all(all_there));
    }

    #[test]
    fn everything_there_is_happens_in_a_thousand_commands() {
        let errands: Vec<Errand> = draw(1, 1_000, 4..8).into_iter().flatten().collect();
        let seen = |what: &dyn Fn(&Errand) -> bool| errands.iter().any(what);
        for trespass in
            [Trespass::WrongKey, Trespass::Altered, Trespass::Stale, Trespass::Stranger, Trespass::Elsewhere]
        {
            assert!(seen(&|errand| errand.trespass == Some(trespass)), "{trespass:?}");
        }
        assert!(seen(&|errand| matches!(errand.sending, Sending::Abandoned(_))));
        assert!(seen(&|errand| matches!(errand.confirming, Confirming::Late(_))));
        assert!(seen(&|errand| errand.confirming == Confirming::TooLateToCancel));
    }
}
