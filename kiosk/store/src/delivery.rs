//! One document's way to the store: create, append, hand over, delete.

use std::sync::Arc;

use http::Method;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::custody::{CustodyKey, Received};
use crate::fault::Setback;
use crate::http::{Client, Request};
use crate::material::{Countersignature, Custody, Material};
use crate::outbox::{CHUNK, Document, Outbox, OutboxError, Sealed, Stage};
use crate::pace::{Pace, Pacer};
use crate::tus::{self, Abilities, Appended, Created, Held, Piece, REFUSED_CHECKSUM, UploadPath};
use crate::worker::Reports;
use crate::{Digest, DiskFault, DocId, LinkFault, Receipt, StoreFault, Submission};

/// Uploads created for one document in one attempt, at most. The store may forget one; a store that
/// forgets every one is broken.
const MOST_UPLOADS: u32 = 3;
/// How often the store may hold other bytes than were sent before staff must look.
const MOST_MISMATCHES: u32 = 2;

/// How often in a row a piece may arrive as another before the document waits.
const MOST_CORRUPTED: u32 = 4;
/// A new end of an upload that differs by less is not written to disk.
const SAME_END: SignedDuration = SignedDuration::from_secs(60);

/// How many bytes one PATCH carries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk {
    now: u64,
    smallest: u64,
    largest: u64,
}

impl Chunk {
    pub(crate) fn new(smallest: u64, largest: u64) -> Self {
        let smallest = smallest.max(1);
        let largest = largest.max(smallest);
        Self { now: largest, smallest, largest }
    }

    /// A PATCH got nothing through, or not as it was: a smaller one may.
    fn halve(&mut self) {
        self.now = (self.now / 2).max(self.smallest);
    }

    /// A whole document got through.
    fn grow(&mut self) {
        self.now = self.now.saturating_mul(2).min(self.largest);
    }
}

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

/// Where an upload ended.
enum Sent {
    Whole,
    /// The store does not know it, or no longer.
    Gone,
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

    /// What the server can do: asked for once.
    async fn abilities(&mut self) -> Result<Abilities, Setback> {
        if let Some(known) = self.abilities {
            return Ok(known);
        }
        let discovered = tus::discover(&self.client).await;
        let abilities = self.heard(discovered).await?;
        self.abilities = Some(abilities);
        Ok(abilities)
    }

    async fn create(&mut self, doc: &Document) -> Result<UploadPath, Setback> {
        let Submission { material_id, name, media_type, bytes, .. } = &doc.submission;
        if self.abilities().await?.max_size.is_some_and(|most| *bytes > most) {
            return Err(StoreFault::TooLarge.into());
        }
        let created = tus::create(&self.client, material_id, name, media_type, *bytes).await;
        let Created { upload, expires } = self.heard(created).await?;
        let (id, kept) = (doc.id, upload.clone());
        on_disk(&self.outbox, move |outbox| outbox.set_uploading(id, &kept, expires)).await?;
        self.end = expires.map(|at| (id, at));
        self.outbox.step("upload.created");
        Ok(upload)
    }

    /// Appends until the store holds all bytes, its own offset being the only truth.
    async fn upload(
        &mut self,
        doc: &Document,
        upload: &UploadPath,
        known: Option<u64>,
    ) -> Result<Sent, Setback> {
        let total = doc.submission.bytes;
        let file = Arc::new(self.open(doc).await?);
        let mut offset = match known {
            Some(offset) => offset,
            None => match self.ask(doc, upload).await? {
                Some(offset) => offset,
                None => return Ok(Sent::Gone),
            },
        };
        let mut farthest = offset;
        let mut corrupted = 0;
        while offset < total {
            let length = self.chunk.now.min(total - offset);
            let doubt = match self.append(upload, &file, offset, length).await {
                Ok(Appended::Whole { expires }) => {
                    self.keep_end(doc, expires).await?;
                    None
                }
                Ok(Appended::Gone) => return Ok(Sent::Gone),
                Ok(Appended::Elsewhere) => Some(StoreFault::Garbage("Upload-Offset").into()),
                Ok(Appended::Corrupted) => {
                    corrupted += 1;
                    tracing::warn!(document = doc.id.0, offset, length, "a piece arrived as another");
                    if corrupted == MOST_CORRUPTED {
                        return Err(StoreFault::Rejected(460).into());
                    }
                    self.chunk.halve();
                    continue;
                }
                // Part of the body may have been taken, all of it even, with the answer lost.
                Err(setback) if broke_off(&setback.fault) => Some(setback),
                Err(setback) => {
                    if !matches!(setback.fault, StoreFault::Busy(_)) {
                        self.failed_at = Some((doc.id, offset));
                    }
                    return Err(setback);
                }
            };
            match doubt {
                None => offset += length,
                Some(setback) => {
                    self.failed_at = Some((doc.id, offset));
                    offset = match self.ask(doc, upload).await? {
                        Some(told) if told > farthest => told,
                        Some(_) => return Err(setback),
                        None => return Ok(Sent::Gone),
                    };
                }
            }
            corrupted = 0;
            farthest = offset;
            self.progressed = true;
            self.outbox.step("upload.patched");
            self.reports.progress(doc.id, offset, total);
        }
        self.chunk.grow();
        let id = doc.id;
        on_disk(&self.outbox, move |outbox| outbox.set_uploaded(id)).await?;
        self.outbox.step("upload.complete");
        Ok(Sent::Whole)
    }

    /// Sends one piece, with its checksum where the server wants one.
    async fn append(
        &mut self,
        upload: &UploadPath,
        document: &Arc<Sealed>,
        offset: u64,
        length: u64,
    ) -> Result<Appended, Setback> {
        let checksum = match self.abilities().await?.checksum {
            None => None,
            Some(algorithm) => {
                let document = Arc::clone(document);
                Some(blocking_read(move || algorithm.of(&document, offset, length)).await?)
            }
        };
        let (document, pacer) = (Arc::clone(document), Arc::clone(&self.pacer));
        let piece = Piece { document, offset, length, checksum, pacer };
        let appended = tus::append(&self.client, upload, piece).await;
        self.heard(appended).await
    }

    /// Keeps when the store will drop an upload, if that has changed.
    async fn keep_end(&mut self, doc: &Document, expires: Option<Timestamp>) -> Result<(), StoreFault> {
        let Some(at) = expires else { return Ok(()) };
        let same = |(id, kept): (DocId, Timestamp)| id == doc.id && kept.duration_until(at).abs() < SAME_END;
        if self.end.is_some_and(same) {
            return Ok(());
        }
        let id = doc.id;
        on_disk(&self.outbox, move |outbox| outbox.set_expires(id, at)).await?;
        self.end = Some((id, at));
        Ok(())
    }

    /// Asks for the store's offset, and learns from it whether the last PATCH was in vain.
    /// Nothing when the upload is gone.
    async fn ask(&mut self, doc: &Document, upload: &UploadPath) -> Result<Option<u64>, Setback> {
        let held = tus::held(&self.client, upload, doc.submission.bytes).await;
        let held = self.heard(held).await?;
        let failed = self.failed_at.take_if(|(id, _)| *id == doc.id);
        let Held::Bytes { offset, expires } = held else { return Ok(None) };
        self.keep_end(doc, expires).await?;
        if let Some((_, at)) = failed {
            if offset < at {
                tracing::warn!(document = doc.id.0, at, offset, "the store's offset went down");
            }
            if offset <= at {
                self.chunk.halve();
            }
        }
        Ok(Some(offset))
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

/// Whether a request may have been taken in part, or wholly with its answer lost.
fn broke_off(fault: &StoreFault) -> bool {
    matches!(fault, StoreFault::Unreachable(LinkFault::Broken | LinkFault::Stalled | LinkFault::NoAnswer))
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
    blocking_read(move || {
        let mut hash = Sha256::new();
        let mut offset = 0;
        while offset < bytes {
            let part = document.read(offset, CHUNK)?;
            hash.update(&part);
            // A part is empty only at the end.
            offset += (part.len() as u64).max(1);
        }
        Ok(Digest(hash.finalize().into()))
    })
    .await
}

async fn blocking_read<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, DiskFault> + Send + 'static,
) -> Result<T, StoreFault> {
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or(Err(DiskFault::Read)).map_err(StoreFault::Disk)
}
