//! One lane: people who do one thing after another on one platform, as the plan says, and note what they hear.

use super::{
    evidence::{Answer, Evidence, Exchange, Heard, Purpose},
    plan::{Confirming, ELSEWHERE, Errand, PLACES, Sending, Standing, TEAM, Trespass},
};
use crate::{
    chat::{Delivery, OUTCOME, Saying},
    dev::secrets::Secrets,
    http,
    tools::hex,
};
use anyhow::{Context as _, Result, ensure};
use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use sha2::{Digest as _, Sha256};
use std::{thread, time::SystemTime};

/// No answer takes longer than the longest budget of a platform, ten seconds.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often somebody delivers again who does not know what became of it.
const TRIES: u32 = 40;
/// Older than any platform's window for time stamps.
const LONG_AGO: u64 = 2 * 60 * 60;

/// What all lanes share.
#[derive(Debug)]
pub(crate) struct Post<'a> {
    /// The Worker's address.
    pub(crate) worker: &'a str,
    /// The address follow-ups come to.
    pub(crate) inbox: &'a str,
    /// What deliveries are signed with.
    pub(crate) secrets: &'a Secrets,
    /// Others, which the Worker does not know.
    pub(crate) foreign: &'a Secrets,
    /// The campaign's seed.
    pub(crate) seed: u64,
    /// Where it is noted.
    pub(crate) evidence: &'a Evidence,
    /// Set where nothing makes sense any more.
    pub(crate) broken_off: &'a AtomicBool,
}

/// A delivery, ready to be sent once or several times.
struct Letter<'a> {
    errand: &'a Errand,
    purpose: Purpose,
    nonce: String,
    delivery: Delivery,
}

/// Who says something, and where.
#[derive(Clone, Copy)]
struct Voice {
    standing: Standing,
    place: &'static str,
}

impl Post<'_> {
    /// Runs all errands of a lane. Each is over when what it sends is answered.
    ///
    /// # Errors
    /// A delivery cannot be signed, or never gets an answer.
    pub(crate) fn run(&self, errands: &[Errand]) -> Result<()> {
        let mut later: Vec<(usize, Letter<'_>)> = Vec::new();
        for (index, errand) in errands.iter().enumerate() {
            thread::sleep(Duration::from_millis(errand.pause));
            for (_, letter) in later.extract_if(.., |(due, _)| *due <= index) {
                self.insist(&letter)?;
            }
            if let Some(letter) = self.errand(errand)?
                && let Sending::Later(behind) = errand.sending
            {
                later.push((index + usize::from(behind) + 1, letter));
            }
        }
        later.iter().try_for_each(|(_, letter)| self.insist(letter).map(drop))
    }

    /// Asks how the command of an errand stands.
    ///
    /// # Errors
    /// Nobody answers.
    pub(crate) fn look(&self, errand: &Errand, id: &str) -> Result<()> {
        let voice = Voice { standing: errand.standing, place: PLACES[errand.place] };
        self.insist(&self.letter(errand, Purpose::Look, voice, &format!("status {id}"), "look")?).map(drop)
    }

    /// Sends an errand and answers its question, if it gets one. The letter is that of the errand itself.
    fn errand<'e>(&self, errand: &'e Errand) -> Result<Option<Letter<'e>>> {
        let place = PLACES[errand.place];
        let voice = Voice { standing: errand.standing, place };
        if let Some(trespass) = errand.trespass {
            self.insist(&self.trespass(errand, trespass, voice)?)?;
            return Ok(None);
        }
        let purpose = if errand.counts() { Purpose::Ask } else { Purpose::Look };
        let letter = self.letter(errand, purpose, voice, &errand.words(), "0")?;
        let once = |patience| match self.send(&letter, patience) {
            Heard::Answer(answer) => Some(answer),
            Heard::Lost(_) | Heard::Left => None,
        };
        let answer = match errand.sending {
            Sending::NeverAgain | Sending::Abandoned(_) => {
                let patience = match errand.sending {
                    Sending::Abandoned(patience) => Duration::from_millis(patience.into()),
                    _ => PATIENCE,
                };
                let Some(answer) = once(patience) else { return Ok(None) };
                answer
            }
            Sending::Impatient(patience) => {
                once(Duration::from_millis(patience.into()));
                self.insist(&letter)?
            }
            Sending::AtOnce(copies) => {
                self.at_once(&[&letter].repeat(copies.into()))?;
                // Only the code that was told last is good, and nobody knows which of them that was.
                self.insist(&letter)?
            }
            Sending::Again => {
                self.insist(&letter)?;
                self.insist(&letter)?
            }
            Sending::Once | Sending::Later(_) => self.insist(&letter)?,
        };
        if let Some(code) = answer.code() {
            self.question(errand, &letter, voice, code)?;
        }
        Ok(Some(letter))
    }

    /// Does what people do who are asked to confirm.
    fn question(&self, errand: &Errand, asked: &Letter<'_>, asker: Voice, code: &str) -> Result<()> {
        let confirmer = Voice { standing: errand.confirmer(), ..asker };
        let (confirm, cancel) = (format!("confirm {code}"), format!("cancel {code}"));
        let trespass = |voice, words: &str, name| self.letter(errand, Purpose::Trespass, voice, words, name);
        let first = self.letter(errand, Purpose::Confirm, confirmer, &confirm, "confirm")?;
        match errand.confirming {
            Confirming::Never => return Ok(()),
            Confirming::Promptly => {}
            Confirming::Late(wait) => thread::sleep(Duration::from_millis(wait.into())),
            Confirming::Twice => {
                let second = self.letter(errand, Purpose::Confirm, confirmer, &confirm, "second confirm")?;
                return self.at_once(&[&first, &second]);
            }
            Confirming::Doubled => return self.at_once(&[&first, &first]),
            Confirming::WrongPerson => {
                // Who asked must not approve; who approves for others must not confirm where nobody asked for it.
                let other = if errand.standing == Standing::Guarded { Standing::Guarded } else { Standing::Approver };
                self.insist(&trespass(Voice { standing: other, ..confirmer }, &confirm, "wrong person")?)?;
            }
            Confirming::WrongPlace => {
                let other = PLACES[1 - errand.place];
                self.insist(&trespass(Voice { place: other, ..confirmer }, &confirm, "wrong place")?)?;
            }
            Confirming::WrongCode => {
                let mistyped: String = code.chars().map(|c| if c == 'A' { 'B' } else { 'A' }).collect();
                self.insist(&trespass(confirmer, &format!("confirm {mistyped}"), "wrong code")?)?;
            }
            Confirming::OldCode => {
                let again = self.insist(asked)?;
                let Some(code) = again.code() else { return Ok(()) };
                self.insist(&trespass(confirmer, &confirm, "old code")?)?;
                let second = format!("confirm {code}");
                return self.insist(&self.letter(errand, Purpose::Confirm, confirmer, &second, "confirm")?).map(drop);
            }
            Confirming::Cancel => {
                self.insist(&self.letter(errand, Purpose::Cancel, asker, &cancel, "cancel")?)?;
                return self.insist(&trespass(confirmer, &confirm, "cancelled")?).map(drop);
            }
            Confirming::TooLateToCancel => {
                self.insist(&first)?;
                return self.insist(&trespass(asker, &cancel, "confirmed")?).map(drop);
            }
        }
        self.insist(&first).map(drop)
    }

    /// Signs what an errand says. `name` tells its deliveries apart.
    fn letter<'e>(
        &self,
        errand: &'e Errand,
        purpose: Purpose,
        voice: Voice,
        words: &str,
        name: &str,
    ) -> Result<Letter<'e>> {
        self.signed(errand, purpose, voice, words, name, (self.secrets, 0))
    }

    fn signed<'e>(
        &self,
        errand: &'e Errand,
        purpose: Purpose,
        voice: Voice,
        words: &str,
        name: &str,
        (secrets, age): (&Secrets, u64),
    ) -> Result<Letter<'e>> {
        let digest = Sha256::digest(format!("opshook delivery {} {} {name}", self.seed, errand.name));
        let nonce = hex(digest.split_at(12).0);
        let platform = errand.platform;
        let way_back = errand.way_back.then(|| format!("{}/{}/{nonce}", self.inbox, platform.name()));
        let saying = Saying {
            user: &errand.person(voice.standing),
            channel: voice.place,
            team: TEAM,
            text: words,
            response_url: way_back.as_deref(),
            now: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs().saturating_sub(age),
            nonce: &nonce,
            token: "",
            press: false,
        };
        let secret = secrets.get(platform.secret()).map_or("", String::as_str);
        Ok(Letter { errand, purpose, delivery: platform.delivery(&saying, secret)?, nonce })
    }

    /// A delivery that must have no effect.
    fn trespass<'e>(&self, errand: &'e Errand, trespass: Trespass, voice: Voice) -> Result<Letter<'e>> {
        let (words, purpose) = (errand.words(), Purpose::Trespass);
        let signed = |secrets, age| self.signed(errand, purpose, voice, &words, "0", (secrets, age));
        match trespass {
            Trespass::WrongKey => signed(self.foreign, 0),
            Trespass::Stale => signed(self.secrets, LONG_AGO),
            Trespass::Stranger => signed(self.secrets, 0),
            Trespass::Elsewhere => self.letter(errand, purpose, Voice { place: ELSEWHERE, ..voice }, &words, "0"),
            Trespass::Altered => {
                let mut letter = signed(self.secrets, 0)?;
                letter.delivery.body = self.letter(errand, purpose, voice, "help", "0")?.delivery.body;
                Ok(letter)
            }
        }
    }

    /// Sends letters at one moment, each until it is answered.
    fn at_once(&self, letters: &[&Letter<'_>]) -> Result<()> {
        thread::scope(|scope| {
            let sent: Vec<_> = letters.iter().map(|letter| scope.spawn(|| self.insist(letter).map(drop))).collect();
            sent.into_iter()
                .try_for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    }

    /// Sends a letter until it is known what became of it.
    fn insist(&self, letter: &Letter<'_>) -> Result<Answer> {
        for tried in 0..TRIES {
            ensure!(!self.broken_off.load(Ordering::Relaxed), "broken off");
            if tried > 0 {
                thread::sleep(Duration::from_millis(100 << tried.min(3)));
            }
            if let Heard::Answer(answer) = self.send(letter, PATIENCE)
                && answer.is_definite()
            {
                return Ok(answer);
            }
        }
        None.with_context(|| format!("{} got no definite answer in {TRIES} tries", letter.errand.name))
    }

    fn send(&self, letter: &Letter<'_>, patience: Duration) -> Heard {
        let url = format!("{}{}", self.worker, letter.errand.platform.path());
        let sent = self.evidence.now();
        let answer = http::post_within(&url, &letter.delivery.headers, letter.delivery.body.as_bytes(), patience);
        let heard = match answer {
            Ok(answer) => Heard::Answer(Answer {
                status: answer.status,
                outcome: answer.header(OUTCOME).map(str::to_owned),
                shown: letter.errand.platform.shown(&answer.body),
                raw: answer.body,
            }),
            Err(_) if patience < PATIENCE => Heard::Left,
            Err(error) => Heard::Lost(format!("{error:#}")),
        };
        self.evidence.exchanged(Exchange {
            errand: letter.errand.name.clone(),
            purpose: letter.purpose,
            nonce: letter.nonce.clone(),
            sent,
            ended: self.evidence.now(),
            heard: heard.clone(),
        });
        heard
    }
}
