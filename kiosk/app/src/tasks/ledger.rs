//! The ledger's owner: what the desk asks of it, asked in the order of asking.

use crate::bus::{Bus, Health};
use crate::tasks::papers::Papers;
use queue::key::{HallKey, PersonKey};
use queue::ledger::{
    ApplicantRef, CapRule, Enter, Ledger, LedgerError, Take, TakeAnswer, TicketIntent, VisitRecord,
};
use std::sync::Arc;
use tokio::sync::mpsc;
use visit::event::{
    Event, LedgerDo, LedgerReply, OpenVisit, PrintJob, SessionId, Taken, VisitId, VisitRequest,
};
use visit::fault::{Device, Fault};
use visit::identity::{Applicant, Person};
use visit::screen::{Language, Refusal};

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
    pub key: HallKey,
    /// what is known of documents
    pub papers: Arc<Papers>,
    /// to the desk
    pub bus: Bus,
    /// the hall's clock
    pub clock: crate::clock::Clock,
}

impl LedgerTask {
    /// Answers until nobody asks any more.
    pub async fn run(self, mut asks: mpsc::Receiver<Ask>) {
        let mut health = Health::new(Device::Kiosk, self.bus.clone());
        while let Some(Ask { session, what, language }) = asks.recv().await {
            let reply = match self.answer(what, language).await {
                Ok(reply) => {
                    health.tell(vec![]).await;
                    reply
                }
                // The question was wrong, not the ledger: the visit has ended meanwhile, for instance.
                Err(error @ (LedgerError::NoSuchVisit | LedgerError::Closed(_) | LedgerError::NoNumber)) => {
                    tracing::warn!(%error, "the ledger refused");
                    LedgerReply::Refused(Refusal::Ledger)
                }
                Err(error) => {
                    tracing::error!(%error, "the ledger refused");
                    health.tell(vec![Fault::LedgerFailed]).await;
                    LedgerReply::Refused(Refusal::Ledger)
                }
            };
            self.bus.send(Event::Ledger(session, reply)).await;
            self.tell_waiting().await;
        }
    }

    async fn answer(&self, what: LedgerDo, language: Language) -> Result<LedgerReply, LedgerError> {
        Ok(match what {
            LedgerDo::Look(person, day) => {
                let open = self.ledger.visit_of(&self.person(&person), day).await?;
                LedgerReply::Found(open.map(|visit| self.open_visit(visit)))
            }
            LedgerDo::Enter(request) => {
                let visit = self.ledger.enter(self.enter(request)).await?;
                LedgerReply::Entered(self.open_visit(visit))
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
        let take = Take { enter: self.enter(request), caps, ticket: TicketIntent { language } };
        let taken = match self.ledger.take_number(take).await? {
            TakeAnswer::Taken(taken) => *taken,
            TakeAnswer::Full(matter) => return Ok(LedgerReply::Full(matter)),
        };
        let (number, issued_at) = taken.visit.number.ok_or(LedgerError::NoNumber)?;
        let visit = VisitId(taken.visit.id.to_string());
        // Documents that were handed in before the number was taken learn of it.
        self.papers.set_number(&visit, number).await;
        Ok(LedgerReply::Taken(Taken {
            visit,
            number,
            fresh: taken.fresh,
            issued_at,
            ahead: self.ledger.ahead(taken.visit.id).await?,
            job: PrintJob(taken.job.0),
        }))
    }

    async fn tell_waiting(&self) {
        match self.ledger.waiting(self.clock.now().wall.date()).await {
            Ok(waiting) => self.bus.send(Event::Waiting(waiting)).await,
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
            applicant: match &request.applicant {
                Applicant::Oneself => ApplicantRef::Oneself,
                Applicant::Company(code) => ApplicantRef::Company(code.clone()),
                Applicant::Relative(person) => ApplicantRef::Relative(self.person(person)),
            },
            choice: request.choice,
        }
    }

    fn open_visit(&self, visit: VisitRecord) -> OpenVisit {
        let id = VisitId(visit.id.to_string());
        OpenVisit {
            papers: self.papers.of_visit(&id),
            visit: id,
            number: visit.number.map(|(number, _)| number),
            choice: visit.choice,
        }
    }
}

fn parse(visit: &VisitId) -> Result<queue::ledger::VisitId, LedgerError> {
    queue::ledger::VisitId::parse(&visit.0).ok_or(LedgerError::NoSuchVisit)
}
