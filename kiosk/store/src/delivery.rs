//! One document's way to the store: create, append, hand over, delete.

mod upload;

use std::sync::Arc;

use bytes::BytesMut;
use http::Method;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

pub(crate) use self::upload::Chunk;
use self::upload::Sent;
use crate::custody::{CustodyKey, Received};
use crate::fault::{Recovery, Setback};
use crate::http::{Client, Request};
use crate::material::{Countersignature, Custody, Material};
use crate::outbox::{Document, Note, Outbox, OutboxError, Sealed, Service, Stage};
use crate::pace::{Pace, Pacer};
use crate::tus::{Abilities, REFUSED_CHECKSUM, UploadPath};
use crate::worker::Reports;
use crate::{Digest, DiskFault, DocId, MaterialId, Receipt, StoreFault, Submission};

/// Uploads created for one document in one attempt, at most. The store may forget one; a store that
/// forgets every one is broken.
const MOST_UPLOADS: u32 = 3;
/// How often the store may hold other bytes than were sent before staff must look.
const MOST_MISMATCHES: u32 = 2;

/// Carries documents, one at a time.
pub(crate) struct Courier {
    pub outbox: Outbox,
    pub client: Client,
    pub reports: Reports,
    /// What receipts must be countersigned with, where the hall gave its kiosks a key.
    key: Option<CustodyKey>,
    chunk: Chunk,
    /// Where pieces are read into, one after the other.
    buffer: BytesMut,
    pacer: Arc<Pacer>,
    /// What the server can do, once it has said so; asked again after a 412.
    abilities: Option<Abilities>,
    /// It has not said so, and is to be asked again for the next document.
    unsure: bool,
    /// The end of an upload that is on disk.
    end: Option<(DocId, Timestamp)>,
    /// Where the last PATCH failed, until the store says whether it got through after all.
    failed_at: Option<(DocId, u64)>,
    /// Whether the store took anything in the last attempt.
    pub progressed: bool,
    /// Whether the store answered anything in the last attempt.
    pub answered: bool,
}

impl Courier {
    pub(crate) fn new(
        outbox: Outbox,
        client: Client,
        reports: Reports,
        key: Option<CustodyKey>,
        chunk: Chunk,
        pace: Pace,
    ) -> Self {
        Self {
            outbox,
            client,
            reports,
            key,
            chunk,
            buffer: BytesMut::new(),
            pacer: Arc::new(Pacer::new(pace)),
            abilities: None,
            unsure: false,
            end: None,
            failed_at: None,
            progressed: false,
            answered: false,
        }
    }

    /// Forgets what the last attempt brought.
    pub(crate) fn begin(&mut self) {
        self.progressed = false;
        self.answered = false;
        if std::mem::take(&mut self.unsure) {
            self.abilities = None;
        }
    }

    /// What the server can do is asked for anew: staff may have raised its limit meanwhile.
    pub(crate) fn forget_abilities(&mut self) {
        self.abilities = None;
    }

    /// Carries a document from where it stands to the store, and deletes it here.
    pub(crate) async fn deliver(&mut self, doc: &Document) -> Result<(), Setback> {
        let mut stage = doc.stage.clone();
        let mut created = 0;
        // The store's offset, where it need not be asked: a new upload is empty.
        let mut known = None;
        loop {
            stage = match stage {
                Stage::Waiting => {
                    if created == MOST_UPLOADS {
                        return Err(StoreFault::Garbage("it forgets uploads at once").into());
                    }
                    created += 1;
                    known = Some(0);
                    Stage::Uploading(self.create(doc).await?)
                }
                Stage::Uploading(upload) => match self.upload(doc, &upload, known.take()).await? {
                    Sent::Whole => Stage::Uploaded(upload),
                    Sent::Gone => self.look_for(doc).await?,
                },
                Stage::Uploaded(upload) => self.hand_over(doc, &upload).await?,
                Stage::Confirmed(received) => return self.bury(doc, received).await,
            };
        }
    }

    /// `PUT /v1/materials/{material_id}`: the store's word decides.
    async fn hand_over(&mut self, doc: &Document, upload: &UploadPath) -> Result<Stage, Setback> {
        // Read anew: the visit may have received its number while the bytes were sent.
        let now = kept(self.outbox.document(doc.id))?;
        let submission = &now.as_ref().unwrap_or(doc).submission;
        let material = Material {
            upload: upload.as_str(),
            sha256: submission.sha256,
            bytes: submission.bytes,
            media_type: &submission.media_type,
            name: &submission.name,
            material: &submission.material,
            items: &submission.items,
            visit: &submission.visit,
            applicant: submission.applicant.as_ref(),
            number: submission.number.as_deref(),
            kiosk: &submission.kiosk,
            custody: Custody { code: doc.code, previous: doc.previous, pages: &submission.pages },
        };
        let told = Service { items: submission.items.clone(), number: submission.number.clone() };
        let request = Request::new(Method::PUT, &material_path(&doc.submission.material_id)).json(&material);
        let answer = self.heard(self.client.send(request).await.map_err(Setback::from)).await?;
        match answer.status {
            200 => match self.compare(answer.json()?, doc)? {
                Some(received) => self.confirm(doc, received, Some(&told)),
                None => self.differs(doc),
            },
            404 => self.look_for(doc).await,
            409 => Err(StoreFault::Conflict.into()),
            422 => self.differs(doc),
            _ => Err(answer.setback()),
        }
    }

    /// The upload is gone: because the document has arrived, or for good?
    async fn look_for(&mut self, doc: &Document) -> Result<Stage, Setback> {
        let request = Request::new(Method::GET, &material_path(&doc.submission.material_id));
        let answer = self.heard(self.client.send(request).await.map_err(Setback::from)).await?;
        match answer.status {
            200 => match self.compare(answer.json()?, doc)? {
                // What it was registered with is not said.
                Some(received) => self.confirm(doc, received, None),
                None => Err(StoreFault::Conflict.into()),
            },
            404 => {
                kept(self.outbox.set_waiting(doc.id, false))?;
                Ok(Stage::Waiting)
            }
            _ => Err(answer.setback()),
        }
    }

    /// The store holds other bytes. The file stays; if it is what was scanned, it is sent once more.
    fn differs(&mut self, doc: &Document) -> Result<Stage, Setback> {
        let digest = self.open(doc).and_then(|document| digest(&document, doc.submission.bytes));
        if digest.map_err(StoreFault::Disk)? != doc.submission.sha256 {
            return Err(StoreFault::Disk(DiskFault::Damaged).into());
        }
        let times = kept(self.outbox.set_waiting(doc.id, true))?;
        if times >= MOST_MISMATCHES {
            return Err(StoreFault::DigestMismatch.into());
        }
        tracing::warn!(document = doc.id.0, "the store holds other bytes: the document is sent again");
        Ok(Stage::Waiting)
    }

    /// Opens a document's file, which must be what was written when it was added.
    fn open(&self, doc: &Document) -> Result<Sealed, DiskFault> {
        self.outbox.sealed(&doc.submission.material_id, doc.submission.bytes)
    }

    /// The store's word that it received exactly this document; nothing if it holds other bytes.
    fn compare(&self, receipt: Receipt, doc: &Document) -> Result<Option<Received>, StoreFault> {
        let ours = &doc.submission;
        if receipt.material_id != ours.material_id {
            return Err(StoreFault::Garbage("a receipt for another material"));
        }
        if (receipt.sha256, receipt.bytes) != (ours.sha256, ours.bytes) {
            return Ok(None);
        }
        let at = receipt.received_at;
        let Some(key) = &self.key else { return Ok(Some(Received { at, signature: None })) };
        match receipt.custody {
            Some(Countersignature { code, signature })
                if code == doc.code && key.holds(&code, &ours.visit, &ours.material_id, &at, &signature) =>
            {
                Ok(Some(Received { at, signature: Some(signature) }))
            }
            _ => Err(StoreFault::Countersignature),
        }
    }

    fn confirm(
        &mut self,
        doc: &Document,
        received: Received,
        told: Option<&Service>,
    ) -> Result<Stage, Setback> {
        kept(self.outbox.set_confirmed(doc.id, &received, told))?;
        self.outbox.step("doc.confirmed");
        self.progressed = true;
        Ok(Stage::Confirmed(received))
    }

    /// Tells that the store holds the document, then deletes it here: told at least once, even if
    /// the program ends in between.
    async fn bury(&mut self, doc: &Document, received: Received) -> Result<(), Setback> {
        self.reports.confirmed(doc.id, receipt(doc, received)).await;
        // Found before the store's word came that it was received.
        if let Some(result) = kept(self.outbox.review_of(doc.id))? {
            self.reports.reviewed(doc.id, result).await;
        }
        kept(self.outbox.bury(doc.id, &doc.submission.material_id))?;
        self.outbox.step("doc.deleted");
        Ok(())
    }

    /// `PUT /v1/materials/{material_id}/service`: tells what a document that the store holds serves now.
    /// A store that will never hear it is told to the log, and not again.
    pub(crate) async fn tell(&mut self, note: &Note) -> Result<(), Setback> {
        kept(self.outbox.set_telling(note))?;
        let path = format!("{}/service", material_path(&note.material_id));
        let request = Request::new(Method::PUT, &path).json(&note.service);
        let answer = self.heard(self.client.send(request).await.map_err(Setback::from)).await?;
        if !matches!(answer.status, 200..=299) {
            let setback = answer.setback();
            let unheard = matches!(setback.fault, StoreFault::Rejected(400 | 404 | 405 | 410));
            if !unheard && setback.fault.recovery() != Recovery::Never {
                return Err(setback);
            }
            tracing::error!(document = note.id.0, status = answer.status, "what it serves was not taken");
        }
        kept(self.outbox.set_told(note))?;
        self.outbox.step("doc.served");
        self.progressed = true;
        Ok(())
    }

    /// Notes that the store answered, if it did, and whether it is to be asked anew what it can do.
    async fn heard<T>(&mut self, outcome: Result<T, Setback>) -> Result<T, Setback> {
        if let Err(Setback { fault: StoreFault::Rejected(412) | REFUSED_CHECKSUM, .. }) = &outcome {
            self.abilities = None;
        }
        let answered = match &outcome {
            Ok(_) => true,
            Err(setback) => matches!(
                setback.fault,
                StoreFault::Busy(_)
                    | StoreFault::Rejected(_)
                    | StoreFault::ServerError(_)
                    | StoreFault::TooLarge
            ),
        };
        if answered {
            self.answered = true;
            self.reports.reachable().await;
        }
        outcome
    }
}

fn material_path(material: &MaterialId) -> String {
    format!("/v1/materials/{material}")
}

fn receipt(doc: &Document, received: Received) -> Receipt {
    let Submission { material_id, sha256, bytes, .. } = &doc.submission;
    let code = doc.code;
    Receipt {
        material_id: material_id.clone(),
        sha256: *sha256,
        bytes: *bytes,
        received_at: received.at,
        custody: received.signature.map(|signature| Countersignature { code, signature }),
    }
}

/// What the outbox did; its failure is told to the log.
pub(crate) fn kept<T>(done: Result<T, OutboxError>) -> Result<T, StoreFault> {
    done.map_err(|error| {
        tracing::error!(%error, "the outbox failed");
        error.into()
    })
}

/// The SHA-256 of a document.
fn digest(document: &Sealed, bytes: u64) -> Result<Digest, DiskFault> {
    const AT_ONCE: u64 = 64 * 1024;
    let (mut hash, mut part) = (Sha256::new(), BytesMut::new());
    for offset in (0..bytes).step_by(AT_ONCE as usize) {
        part.clear();
        document.read(offset, AT_ONCE.min(bytes - offset), &mut part)?;
        hash.update(&part);
    }
    Ok(Digest(hash.finalize().into()))
}
