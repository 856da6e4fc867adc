//! The ledger's owner: what the desk asks of it, asked in the order of asking.

use crate::bus::{Bus, Health};
use crate::clock::Clock;
use crate::tasks::papers::Papers;
use log_book::Event as Happened;
use log_book::field::Word;
use queue::key::{HallKey, PersonKey};
use queue::ledger::{
    ApplicantRef, CapRule, Enter, Ledger, LedgerError, Take, TakeAnswer, TicketIntent, VisitRecord,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use visit::catalogue::Matter;
use visit::event::{
    Event, LedgerDo, LedgerReply, OpenVisit, PrintJob, SessionId, Taken, VisitId, VisitRequest,
};
use visit::fault::{Device, Fault};
use visit::identity::{Applicant, Person};
use visit::number::NumberLife;
use visit::screen::{Language, Refusal};
use visit::waiting::{Place, Waiting};

/// So many matters are told of as popular: more than a hall shows, as its catalogue may have some no longer.
const POPULAR: u32 = 12;
/// How often a ledger that failed is tried again.
const PROBE_EVERY: Duration = Duration::from_secs(3);

/// What the ledger's task is asked.
#[derive(Debug)]
pub struct Ask {
    /// for whom
    pub session: SessionId,
    /// what
    pub what: LedgerDo,
    /// in which language the ticket will be
    pub language: Language,
}

/// The ledger, the key that hides people from it, and the clock it is told.
pub struct LedgerTask {
    /// numbers and visits
    pub ledger: Arc<dyn Ledger>,
    /// the hall's key
    pub key: Arc<HallKey>,
    /// what is known of documents
    pub papers: Arc<Papers>,
    /// to the desk
    pub bus: Bus,
    /// the hall's clock
    pub clock: Clock,
}

impl LedgerTask {
    /// Answers until nobody asks any more.
    pub async fn run(self, mut asks: mpsc::Receiver<Ask>) {
        let mut health = Health::new(Device::Kiosk, self.bus.clone());
        let mut failed = false;
        self.tell_popular().await;
        loop {
            let ask = match tokio::time::timeout(PROBE_EVERY, asks.recv()).await {
                Ok(Some(ask)) => ask,
                Ok(None) => return,
                Err(_) if failed => {
                    failed = self.probe().await.is_err();
                    if !failed {
                        health.tell(vec![]).await;
                    }
                    continue;
                }
                Err(_) => continue,
            };
            let counts = matches!(ask.what, LedgerDo::Take(_) | LedgerDo::Cancel(_));
            let asked = asked(&ask.what);
            let reply = match self.answer(ask.what, ask.language).await {
                Ok(reply) => {
                    failed = false;
                    health.tell(vec![]).await;
                    reply
                }
                Err(error) => {
                    tracing::error!(%error, "the ledger refused");
                    self.bus.log(Happened::LedgerFailed { asked: Word::of(asked) });
                    if is_broken(&error) {
                        failed = true;
                        health.tell(vec![Fault::LedgerFailed]).await;
                    }
                    LedgerReply::Refused(Refusal::Ledger)
                }
            };
            self.bus.send(Event::Ledger(ask.session, reply)).await;
            tell_waiting(&*self.ledger, &self.bus, &self.clock).await;
            if counts {
                self.tell_popular().await;
            }
        }
    }

    /// Whether the ledger can be written again: closing a day that is over is a write that may be
    /// repeated at will.
    async fn probe(&self) -> Result<(), LedgerError> {
        self.ledger.close_day(self.clock.now().wall.date().yesterday().unwrap_or_default()).await.map(drop)
    }

    async fn answer(&self, what: LedgerDo, language: Language) -> Result<LedgerReply, LedgerError> {
        Ok(match what {
            LedgerDo::Look(person, day) => {
                let open = self.ledger.visit_of(&self.person(&person), day).await?;
                match open {
                    Some(visit) => opened(self.found(visit).await, |visit| LedgerReply::Found(Some(visit))),
                    None => LedgerReply::Found(None),
                }
            }
            LedgerDo::Enter(request) => {
                let visit = self.ledger.enter(self.enter(request)).await?;
                let (dossier, number) = (dossier(&visit), visit.number.map(|(number, _)| number));
                self.papers.serve(&dossier, &whose(&visit.applicant), number, &visit.choice).await;
                let whose = whose(&visit.applicant);
                opened(self.open_visit(visit, whose).await, LedgerReply::Entered)
            }
            LedgerDo::Take(request) => self.take(request, language).await?,
            LedgerDo::PrintAgain(visit) => {
                let visit = parse(&visit)?;
                let (job, _) = self.ledger.print_again(visit, self.clock.now().wall).await?;
                LedgerReply::PrintAgain(PrintJob(job.0))
            }
            LedgerDo::Cancel(visit) => {
                self.ledger.cancel(parse(&visit)?).await?;
                LedgerReply::Cancelled
            }
        })
    }

    async fn take(&self, request: VisitRequest, language: Language) -> Result<LedgerReply, LedgerError> {
        let caps = request
            .caps
            .iter()
            .map(|rule| CapRule {
                matter: rule.matter.clone(),
                span: rule.cap.span,
                numbers: rule.cap.numbers,
            })
            .collect();
        let beside = request.beside.clone();
        let take = Take { enter: self.enter(request), caps, ticket: TicketIntent { language } };
        let taken = match self.ledger.take_number(take).await? {
            TakeAnswer::Taken(taken) => *taken,
            TakeAnswer::Full(matter) => return Ok(LedgerReply::Full(matter)),
        };
        let (number, issued_at) = taken.visit.number.ok_or(LedgerError::NoNumber)?;
        let dossier = dossier(&taken.visit);
        let whose = whose(&taken.visit.applicant);
        self.papers.serve(&dossier, &whose, Some(number), &taken.visit.choice).await;
        let known = self.papers.clone().of_visit(dossier.clone(), whose).await;
        Ok(LedgerReply::Taken(Taken {
            visit: VisitId(taken.visit.id.to_string()),
            dossier,
            number,
            fresh: taken.fresh,
            issued_at,
            // The number is durable: what cannot be counted now takes nothing from it.
            place: self.place(&taken, beside).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "how many are ahead cannot be counted");
                None
            }),
            job: PrintJob(taken.job.0),
            papers: known.map(|(papers, _)| papers).unwrap_or_default(),
        }))
    }

    async fn place(
        &self,
        taken: &queue::ledger::Taken,
        beside: Vec<Matter>,
    ) -> Result<Option<Place>, LedgerError> {
        let ahead = self.ledger.ahead(taken.visit.id, beside.clone()).await?;
        let pace = self.ledger.pace(taken.visit.day, Some(beside)).await?;
        // Asked last: whoever is called while others are counted is not told that nobody is ahead of him.
        let life = self.ledger.visit(taken.visit.id).await?.map(|visit| visit.life);
        Ok(match (life, ahead) {
            (Some(NumberLife::Called), _) => Some(Place::Called),
            (Some(NumberLife::Waiting), Some(count)) => Some(Place::Behind(Waiting::of(count, pace))),
            _ => None,
        })
    }

    async fn tell_popular(&self) {
        let today = self.clock.now().wall.date();
        match self.ledger.popular(today, POPULAR).await {
            Ok(matters) => self.bus.send(Event::Popular(today, matters)).await,
            Err(error) => tracing::error!(%error, "the ledger cannot count"),
        }
    }

    fn person(&self, person: &Person) -> PersonKey {
        self.key.person(person.kind, &person.number)
    }

    fn enter(&self, request: VisitRequest) -> Enter {
        Enter {
            person: self.person(&request.person),
            day: request.day,
            at: request.at,
            applicant: applicant_ref(&self.key, &request.applicant),
            choice: request.choice,
        }
    }

    /// What is told of a visit to whoever comes back. Who the relative was, no ledger knows: until his card
    /// is read again, the visitor stands here for himself.
    async fn found(&self, visit: VisitRecord) -> Option<OpenVisit> {
        let whose = match &visit.applicant {
            ApplicantRef::Relative(_) => store::Applicant::Oneself,
            known => whose(known),
        };
        self.open_visit(visit, whose).await
    }

    /// A visit with the papers that were handed in for `whose`; `None` when nobody can tell which these are.
    async fn open_visit(&self, visit: VisitRecord, whose: store::Applicant) -> Option<OpenVisit> {
        let dossier = dossier(&visit);
        let (papers, custody) = self.papers.clone().of_visit(dossier.clone(), whose).await?;
        Some(OpenVisit {
            papers,
            custody,
            applicant: match visit.applicant {
                ApplicantRef::Oneself => Some(Applicant::Oneself),
                ApplicantRef::Company(code) => Some(Applicant::Company(code)),
                ApplicantRef::Relative(_) => None,
            },
            visit: VisitId(visit.id.to_string()),
            dossier,
            number: visit.number.map(|(number, _)| number),
            called: visit.life == NumberLife::Called,
            choice: visit.choice,
        })
    }
}

/// Tells the desk how many wait today, and about how long.
pub(super) async fn tell_waiting(ledger: &dyn Ledger, bus: &Bus, clock: &Clock) {
    let today = clock.now().wall.date();
    let asked = async {
        Ok::<_, LedgerError>(match ledger.waiting(today).await? {
            Some(count) => Some(Waiting::of(count, ledger.pace(today, None).await?)),
            None => None,
        })
    };
    match asked.await {
        Ok(waiting) => bus.send(Event::Waiting(waiting)).await,
        Err(error) => tracing::error!(%error, "the ledger cannot count"),
    }
}

/// What is answered of a visit. Papers of which nobody can tell are not shown as missing.
fn opened(visit: Option<OpenVisit>, reply: fn(OpenVisit) -> LedgerReply) -> LedgerReply {
    visit.map_or(LedgerReply::Refused(Refusal::Ledger), reply)
}

/// The visit that another's papers are kept under.
fn dossier(visit: &VisitRecord) -> VisitId {
    VisitId(visit.dossier.to_string())
}

/// For whom a visitor acts, as the ledger knows it.
pub(super) fn applicant_ref(key: &HallKey, applicant: &Applicant) -> ApplicantRef {
    match applicant {
        Applicant::Oneself => ApplicantRef::Oneself,
        Applicant::Company(code) => ApplicantRef::Company(code.clone()),
        Applicant::Relative(person) => ApplicantRef::Relative(key.person(person.kind, &person.number)),
    }
}

/// The same as the outbox knows it.
pub(super) fn whose(applicant: &ApplicantRef) -> store::Applicant {
    match applicant {
        ApplicantRef::Oneself => store::Applicant::Oneself,
        ApplicantRef::Company(code) => store::Applicant::Company(code.as_str().to_owned()),
        ApplicantRef::Relative(person) => store::Applicant::Relative(hex::encode(person.as_bytes())),
    }
}

/// What was asked, in a word.
fn asked(what: &LedgerDo) -> &'static str {
    match what {
        LedgerDo::Look(..) => "look",
        LedgerDo::Take(_) => "take",
        LedgerDo::Enter(_) => "enter",
        LedgerDo::PrintAgain(_) => "print-again",
        LedgerDo::Cancel(_) => "cancel",
    }
}

/// Whether the ledger itself is at fault, and not the question.
fn is_broken(error: &LedgerError) -> bool {
    match error {
        LedgerError::Disk { .. }
        | LedgerError::Damaged { .. }
        | LedgerError::Newer { .. }
        | LedgerError::NotALedger { .. }
        | LedgerError::Busy { .. }
        | LedgerError::Refused { .. }
        | LedgerError::Slow
        | LedgerError::Stopped => true,
        LedgerError::OutOfNumbers { .. }
        | LedgerError::NoSuchVisit
        | LedgerError::NoSuchJob
        | LedgerError::Closed(_)
        | LedgerError::NoNumber
        | LedgerError::PrintOrder { .. }
        | LedgerError::OutOfBounds { .. }
        | LedgerError::Day(_) => false,
    }
}

fn parse(visit: &VisitId) -> Result<queue::ledger::VisitId, LedgerError> {
    queue::ledger::VisitId::parse(&visit.0).ok_or(LedgerError::NoSuchVisit)
}
