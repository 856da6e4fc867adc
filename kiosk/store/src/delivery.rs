//! One document's way to the store: create, append, hand over, delete.

mod upload;

use std::sync::Arc;

use http::Method;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

pub(crate) use self::upload::Chunk;
use self::upload::Sent;
use crate::custody::{CustodyKey, Received};
use crate::fault::Setback;
use crate::http::{Client, Request};
use crate::material::{Countersignature, Custody, Material};
use crate::outbox::{Document, Outbox, OutboxError, Sealed, Stage};
use crate::pace::{Pace, Pacer};
use crate::tus::{Abilities, REFUSED_CHECKSUM, UploadPath};
use crate::worker::Reports;
use crate::{Digest, DiskFault, DocId, Receipt, StoreFault, Submission};

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
    pacer: Arc<Pacer>,
    /// What the server can do, once it has said so; asked again after a 412.
    abilities: Option<Abilities>,
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
            pacer: Arc::new(Pacer::new(pace)),
            abilities: None,
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
        let id = doc.id;
        let now = on_disk(&self.outbox, move |outbox| outbox.document(id)).await?;
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
            number: submission.number.as_deref(),
            kiosk: &submission.kiosk,
            custody: Custody { code: doc.code, previous: doc.previous, pages: &submission.pages },
        };
        let request = Request::new(Method::PUT, &material_path(doc)).json(&material);
        let answer = self.heard(self.client.send(request).await.map_err(Setback::from)).await?;
        match answer.status {
            200 => match self.compare(answer.json()?, doc)? {
                Some(received) => self.confirm(doc, received).await,
                None => self.differs(doc).await,
            },
            404 => self.look_for(doc).await,
            409 => Err(StoreFault::Conflict.into()),
            422 => self.differs(doc).await,
            _ => Err(answer.setback()),
        }
    }

    /// The upload is gone: because the document has arrived, or for good?
    async fn look_for(&mut self, doc: &Document) -> Result<Stage, Setback> {
        let request = Request::new(Method::GET, &material_path(doc));
        let answer = self.heard(self.client.send(request).await.map_err(Setback::from)).await?;
        match answer.status {
            200 => match self.compare(answer.json()?, doc)? {
                Some(received) => self.confirm(doc, received).await,
                None => Err(StoreFault::Conflict.into()),
            },
            404 => {
                let id = doc.id;
                on_disk(&self.outbox, move |outbox| outbox.set_waiting(id, false)).await?;
                Ok(Stage::Waiting)
            }
            _ => Err(answer.setback()),
        }
    }

    /// The store holds other bytes. The file stays; if it is what was scanned, it is sent once more.
    async fn differs(&mut self, doc: &Document) -> Result<Stage, Setback> {
        if digest(self.open(doc).await?, doc.submission.bytes).await? != doc.submission.sha256 {
            return Err(StoreFault::Disk(DiskFault::Damaged).into());
        }
        let id = doc.id;
        let times = on_disk(&self.outbox, move |outbox| outbox.set_waiting(id, true)).await?;
        if times >= MOST_MISMATCHES {
            return Err(StoreFault::DigestMismatch.into());
        }
        tracing::warn!(document = doc.id.0, "the store holds other bytes: the document is sent again");
        Ok(Stage::Waiting)
    }

    /// Opens a document's file, which must be what was written when it was added.
    async fn open(&self, doc: &Document) -> Result<Sealed, StoreFault> {
        let (outbox, material) = (self.outbox.clone(), doc.submission.material_id.clone());
        let bytes = doc.submission.bytes;
        blocking_read(move || outbox.sealed(&material, bytes)).await
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

    async fn confirm(&mut self, doc: &Document, received: Received) -> Result<Stage, Setback> {
        let (id, kept) = (doc.id, received.clone());
        on_disk(&self.outbox, move |outbox| outbox.set_confirmed(id, &kept)).await?;
        self.outbox.step("doc.confirmed");
        self.progressed = true;
        Ok(Stage::Confirmed(received))
    }

    /// Tells that the store holds the document, then deletes it here: told at least once, even if
    /// the program ends in between.
    async fn bury(&mut self, doc: &Document, received: Received) -> Result<(), Setback> {
        self.reports.confirmed(doc.id, receipt(doc, received)).await;
        let (id, material) = (doc.id, doc.submission.material_id.clone());
        on_disk(&self.outbox, move |outbox| outbox.bury(id, &material)).await?;
        self.outbox.step("doc.deleted");
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

fn material_path(doc: &Document) -> String {
    format!("/v1/materials/{}", doc.submission.material_id)
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

/// Does the outbox's work off the event loop.
pub(crate) async fn on_disk<T: Send + 'static>(
    outbox: &Outbox,
    work: impl FnOnce(&Outbox) -> Result<T, OutboxError> + Send + 'static,
) -> Result<T, StoreFault> {
    let outbox = outbox.clone();
    match tokio::task::spawn_blocking(move || work(&outbox)).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::error!(%error, "the outbox failed");
            Err(error.into())
        }
        Err(_) => Err(StoreFault::Disk(DiskFault::Outbox)),
    }
}

/// The SHA-256 of a document.
async fn digest(document: Sealed, bytes: u64) -> Result<Digest, StoreFault> {
    blocking_read(move || Ok(Digest(document.hash(Sha256::new(), 0, bytes)?.into()))).await
}

async fn blocking_read<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, DiskFault> + Send + 'static,
) -> Result<T, StoreFault> {
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or(Err(DiskFault::Read)).map_err(StoreFault::Disk)
}
