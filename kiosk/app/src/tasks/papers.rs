//! Accepted pages: one document each material, into the outbox, and news of it from the store.

use crate::bus::{Bus, Health};
use crate::chronicle::code;
use crate::clock::Clock;
use crate::faults::store::{outbox_fault, store_fault};
use crate::tasks::ledger;
use crate::tasks::scanner::PageFolders;
use crate::turns::quarter;
use log_book::Event as Happened;
use log_book::field::{Document, KiB, Visit};
use queue::key::HallKey;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{DocId, DocState, MaterialId, Outbox, Reason, ReviewResult, StoreEvent, Tls};
use tokio::sync::{Notify, mpsc};
use visit::catalogue::{Catalogue, DocumentFormat, ItemCode, MaterialCode};
use visit::checklist::{Choice, Need};
use visit::event::{CustodyCode, DocumentEvent, DocumentId, Event, PageId, PaperKnown, Submission, VisitId};
use visit::fault::{Device, Fault};
use visit::number::TicketNumber;
use visit::screen::{MaterialState, ReturnReason};
use visit::turn::Turn;

/// Dots per inch that pages are scanned at.
const DPI: u32 = 300;
/// Days before its end that the kiosk's certificate is a fault.
const CERTIFICATE_DAYS: i64 = 30;
/// How often the certificate is looked at when there is no news.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// What is known of documents, and the way to hand in another.
pub struct Papers {
    /// where documents are put
    pub outbox: Outbox,
    /// where their pages lie
    pub folders: PageFolders,
    /// whoever empties the outbox
    pub wake: Arc<Notify>,
    /// to the desk
    pub bus: Bus,
    /// the hall's clock
    pub clock: Clock,
    /// this kiosk's name
    pub kiosk: String,
    /// the hall's key
    pub key: Arc<HallKey>,
    /// what a document may be of, and serve
    pub catalogue: Arc<Catalogue>,
}

impl Papers {
    /// The documents of a visit that were handed in for one applicant and where they are, oldest first, and
    /// the code that stands for all of the visit's; `None` when the outbox cannot be asked.
    pub async fn of_visit(
        self: Arc<Self>,
        visit: VisitId,
        whose: store::Applicant,
    ) -> Option<(Vec<PaperKnown>, Option<CustodyCode>)> {
        let bus = self.bus.clone();
        // The outbox may be writing a document.
        let asked = tokio::task::spawn_blocking(move || self.known_of(&visit, &whose)).await;
        let known = asked.ok().and_then(Result::ok);
        if known.is_none() {
            bus.witness().occurred(Fault::OutboxFailed);
        }
        known
    }

    fn known_of(
        &self,
        visit: &VisitId,
        whose: &store::Applicant,
    ) -> Result<(Vec<PaperKnown>, Option<CustodyCode>), store::OutboxError> {
        let documents = self.outbox.documents_of(&visit.0).inspect_err(|error| {
            tracing::error!(%error, "the outbox cannot be asked");
        })?;
        // A visit's last document stands for those before it too.
        let code = documents.last().map(|last| CustodyCode(last.code.as_str().to_owned()));
        let known = |known: store::DocumentOfVisit| {
            let (state, note) = match &known.review {
                Some(review) => judged(review),
                None => (material_state(&known.state), None),
            };
            let document = DocumentId(known.doc.to_string());
            let material = MaterialCode::new(&known.material)?;
            Some(PaperKnown { material, document, pages: known.pages, state, note })
        };
        // Whose an older version's are it did not say: as then, they are shown to whoever comes.
        let theirs =
            documents.into_iter().filter(|known| known.applicant.as_ref().is_none_or(|a| a == whose));
        Ok((theirs.filter_map(known).collect(), code))
    }

    /// The visit's number and matters may be others than when its documents were handed in: the store
    /// learns what each of them serves now.
    pub async fn serve(
        &self,
        visit: &VisitId,
        whose: &store::Applicant,
        number: Option<TicketNumber>,
        choice: &Choice,
    ) {
        let needs = choice.needs(&self.catalogue).into_iter();
        let items = |need: Need| need.items.iter().map(|item| self.served(item)).collect::<Vec<_>>();
        let serves: HashMap<_, _> = needs.map(|need| (need.material.to_string(), items(need))).collect();
        let (outbox, visit, number) = (self.outbox.clone(), visit.0.clone(), number.map(|n| n.to_string()));
        let whose = whose.clone();
        let items = move |material: &str| serves.get(material).cloned().unwrap_or_default();
        let said =
            tokio::task::spawn_blocking(move || outbox.serve(&visit, &whose, number.as_deref(), items)).await;
        match said {
            Ok(Ok(0)) | Err(_) => {}
            Ok(Ok(_)) => self.wake.notify_one(),
            Ok(Err(error)) => tracing::error!(%error, "documents could not be told what they serve"),
        }
    }

    /// Makes the document and puts it into the outbox; it is durable before anyone is told.
    pub async fn submit(self: Arc<Self>, submission: Submission) {
        let (session, material) = (submission.session, submission.material.clone());
        let this = self.clone();
        let done = tokio::task::spawn_blocking(move || this.store(&submission)).await;
        let event = match done.unwrap_or(Err(Fault::DocumentFailed)) {
            Ok((document, code)) => {
                self.wake.notify_one();
                DocumentEvent::Stored(session, material, document, code)
            }
            Err(fault) => {
                self.bus.witness().occurred(fault);
                DocumentEvent::Failed(session, material, fault)
            }
        };
        self.bus.send(Event::Document(event)).await;
    }

    fn store(&self, submission: &Submission) -> Result<(DocumentId, Option<CustodyCode>), Fault> {
        let material_id = fresh_id()?;
        let page = |(page, turn): &(PageId, Turn)| {
            let path = self.page(submission, *page)?;
            Ok(documents::PageRef { path, dpi: DPI, turn: quarter(*turn) })
        };
        let pages = submission.pages.iter().map(page).collect::<Result<Vec<_>, Fault>>()?;
        let digests = pages.iter().map(|page| store::Digest::of_file(&page.path));
        let page_digests = digests.collect::<Result<Vec<_>, _>>().map_err(|error| {
            tracing::error!(%error, "a page could not be read");
            Fault::DocumentFailed
        })?;
        let path = self.folders.work(submission.session);
        let meta = self.meta(submission, &material_id)?;
        let format = format(submission.document);
        let built = documents::assemble(&pages, &path, &meta, format).map_err(page_fault)?;
        let whose = ledger::whose(&ledger::applicant_ref(&self.key, &submission.applicant));
        let added = self.outbox.add(store::Submission {
            material_id,
            name: format!("{}.{}", submission.name.zh, format.ending(built.pages)),
            media_type: format.media_type(built.pages).to_owned(),
            path,
            sha256: store::Digest(built.sha256),
            bytes: built.bytes,
            material: submission.material.to_string(),
            pages: page_digests,
            items: submission.items.iter().map(|item| self.served(item)).collect(),
            visit: submission.dossier.0.clone(),
            applicant: Some(whose.clone()),
            number: submission.number.map(|n| n.to_string()),
            kiosk: self.kiosk.clone(),
        });
        match added {
            Ok(doc) => {
                self.bus.log(Happened::DocumentStored {
                    document: Document::of(doc.to_string().parse::<u32>().unwrap_or(u32::MAX)),
                    visit: Visit::of(&submission.dossier.0),
                    pages: u32::try_from(submission.pages.len()).unwrap_or(u32::MAX),
                    size: KiB::of(built.bytes / 1024),
                });
                // Written with the document, in one transaction. Should it not be readable now, the
                // document is stored all the same.
                Ok((
                    DocumentId(doc.to_string()),
                    self.known_of(&submission.dossier, &whose).ok().and_then(|known| known.1),
                ))
            }
            Err(error) => {
                tracing::error!(%error, "a document could not be put into the outbox");
                Err(outbox_fault(&error))
            }
        }
    }
}

impl Papers {
    /// The file of a page as it goes into its document.
    fn page(&self, submission: &Submission, page: PageId) -> Result<PathBuf, Fault> {
        if !submission.compact {
            return Ok(self.folders.page(submission.session, page));
        }
        let (scan, path) =
            (self.folders.scan(submission.session, page), self.folders.compact(submission.session, page));
        documents::finish_as(&scan, &path, documents::Compression::Compact).map_err(page_fault)?;
        Ok(path)
    }

    /// An item as the store is told of it, with the department that works on it.
    fn served(&self, code: &ItemCode) -> store::ServedItem {
        let item = self.catalogue.item(code);
        let department = item.and_then(|item| {
            self.catalogue.departments.iter().find(|department| department.code == item.department)
        });
        store::ServedItem {
            code: code.to_string(),
            task_code: item.map(|item| item.task_code.clone()).unwrap_or_default(),
            dept_code: department.map(|department| department.credit_code.clone()).unwrap_or_default(),
        }
    }

    fn meta(&self, submission: &Submission, id: &MaterialId) -> Result<documents::Meta, Fault> {
        let (wall, offset) = (self.clock.now().wall, self.clock.utc_offset_minutes());
        let part = |n: i8| u8::try_from(n).unwrap_or(0);
        let date = (u16::try_from(wall.year()).unwrap_or(0), part(wall.month()), part(wall.day()));
        let time = (part(wall.hour()), part(wall.minute()), part(wall.second()));
        documents::Created::new(date, time, offset)
            .and_then(|created| {
                documents::Meta::new(&submission.name.zh, created, env!("CARGO_PKG_VERSION"), id.as_str())
            })
            .map_err(|error| {
                tracing::error!(%error, "a document cannot be described");
                Fault::DocumentFailed
            })
    }
}

fn page_fault(error: documents::PageError) -> Fault {
    tracing::error!(%error, "a document could not be made");
    if matches!(error, documents::PageError::DiskFull { .. }) {
        Fault::DiskFull
    } else {
        Fault::DocumentFailed
    }
}

fn format(document: DocumentFormat) -> documents::Format {
    match document {
        DocumentFormat::Pdf => documents::Format::Pdf,
        DocumentFormat::Ofd => documents::Format::Ofd,
        DocumentFormat::Jpeg => documents::Format::Jpeg,
    }
}

/// Passes on what the outbox's worker tells, until it ends. Who found the store away is woken by `look`.
pub async fn listen(
    mut news: mpsc::Receiver<StoreEvent>,
    outbox: Outbox,
    bus: Bus,
    certificate: Tls,
    look: Arc<Notify>,
) {
    let mut health = Health::new(Device::Store, bus.clone());
    let mut now = None;
    let mut refused = is_refused(&outbox).await;
    // What was being sent last, as long as nobody has said what became of it.
    let mut on_its_way = None;
    loop {
        // What lasts until somebody sees to it: the certificate, and documents that were refused.
        let days = certificate.days_left(jiff::Timestamp::now());
        let ending = (days < CERTIFICATE_DAYS).then_some(Fault::CertificateEnding);
        let lasting = refused.then_some(Fault::StoreRefusedDocument).into_iter().chain(ending);
        health.tell(now.into_iter().chain(lasting).collect()).await;
        // Without any news the certificate is looked at all the same.
        let event = match tokio::time::timeout(LOOK_EVERY, news.recv()).await {
            Ok(Some(event)) => event,
            Ok(None) => return,
            Err(_) => continue,
        };
        if !matches!(event, StoreEvent::Progress { .. }) {
            refused = is_refused(&outbox).await;
        }
        let (doc, state) = match event {
            StoreEvent::Progress { doc, sent, total } => {
                on_its_way = Some(doc);
                (doc, sending(sent, total))
            }
            StoreEvent::Confirmed { doc, .. } => (doc, MaterialState::Received),
            StoreEvent::Refused { doc, fault } => {
                tracing::error!(%fault, "the store refused a document");
                (doc, MaterialState::Refused(store_fault(&fault)))
            }
            StoreEvent::Reachable => {
                now = None;
                // Whoever found it away by himself looks again.
                look.notify_one();
                continue;
            }
            StoreEvent::Reviewed { doc, result } => {
                let (state, note) = judged(&result);
                tracing::info!(%doc, ?state, "the back office looked at a document");
                let reviewed = DocumentEvent::Reviewed(DocumentId(doc.to_string()), state, note);
                bus.send(Event::Document(reviewed)).await;
                continue;
            }
            StoreEvent::Waiting { fault, retry_in } => {
                tracing::warn!(%fault, ?retry_in, "the store");
                let fault = store_fault(&fault);
                bus.log(Happened::SendingPutOff { fault: code(fault), retry: retry_in.into() });
                now = Some(fault);
                // Nothing is on its way any more: where the last one stands by now, the outbox knows.
                if let Some(doc) = on_its_way.take()
                    && let Some(state) = state_of(&outbox, doc).await
                {
                    bus.send(Event::Document(DocumentEvent::State(DocumentId(doc.to_string()), state))).await;
                }
                continue;
            }
        };
        if !matches!(state, MaterialState::Sending(_) | MaterialState::Sent) {
            on_its_way.take_if(|sent| *sent == doc);
        }
        // A store that takes documents, or says no to one, is well again.
        now = None;
        bus.send(Event::Document(DocumentEvent::State(DocumentId(doc.to_string()), state))).await;
    }
}

/// Whether a document waits for somebody to see to it.
async fn is_refused(outbox: &Outbox) -> bool {
    let outbox = outbox.clone();
    let pending = tokio::task::spawn_blocking(move || outbox.pending()).await;
    pending.is_ok_and(|pending| pending.is_ok_and(|pending| pending.refused > 0))
}

/// Where a document stands by the outbox.
async fn state_of(outbox: &Outbox, doc: DocId) -> Option<MaterialState> {
    let outbox = outbox.clone();
    let state = tokio::task::spawn_blocking(move || outbox.state(doc)).await.ok()?.ok()??;
    Some(material_state(&state))
}

/// How much of a document the store has by its own word.
fn sending(sent: u64, total: u64) -> MaterialState {
    match u8::try_from(sent.saturating_mul(100) / total.max(1)) {
        Ok(percent @ ..100) => MaterialState::Sending(percent),
        _ => MaterialState::Sent,
    }
}

fn material_state(state: &DocState) -> MaterialState {
    match state {
        // Whether anything is on its way at this moment is told by what arrives.
        DocState::Waiting | DocState::Uploading => MaterialState::Stored,
        DocState::Uploaded => MaterialState::Sent,
        DocState::Confirmed => MaterialState::Received,
        DocState::Refused(fault) => MaterialState::Refused(store_fault(fault)),
    }
}

/// What the back office found, and what it wrote to the visitor.
fn judged(review: &ReviewResult) -> (MaterialState, Option<String>) {
    let ReviewResult::Returned { reason, text } = review else { return (MaterialState::Accepted, None) };
    let why = match reason {
        Reason::Illegible => ReturnReason::Illegible,
        Reason::Incomplete => ReturnReason::Incomplete,
        Reason::WrongDocument => ReturnReason::WrongDocument,
        Reason::OutOfDate => ReturnReason::OutOfDate,
        Reason::NotNeeded => ReturnReason::NotNeeded,
        Reason::Other => ReturnReason::Other,
    };
    (MaterialState::Returned(why), text.clone())
}

fn fresh_id() -> Result<MaterialId, Fault> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Fault::DocumentFailed)?;
    MaterialId::new(&hex::encode(bytes)).map_err(|_| Fault::DocumentFailed)
}
