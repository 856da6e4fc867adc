/* The planar interface of libjpeg-turbo (jpeg_read_raw_data, jpeg_write_raw_data), which TurboJPEG
 * does not offer band by band.
 *
 * libjpeg reports errors by a function that must not return. Here that function jumps back into the
 * entry below that called libjpeg: every setjmp and longjmp is in this file, nothing but libjpeg's
 * own frames lie between, and nothing is called back into Rust. Each entry returns OK or FAILED and
 * leaves a message; after FAILED only the message and the release may be asked for. */

#define _DEFAULT_SOURCE /* pread, explicit_bzero */

#include <errno.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>
#include <jerror.h>

enum { OK = 0, FAILED = 1 };
enum { MAX_PLANES = 3, MAX_ROWS = 4 * DCTSIZE };
enum { GREY = 0, YCBCR = 1, RGB = 2 };

/* What the encoder may hold back of one band before it counts as out of memory. */
#define FIRST_HELD ((size_t)64 * 1024)
#define MOST_HELD ((size_t)64 * 1024 * 1024)

struct trap {
  struct jpeg_error_mgr manager; /* first, so that a pointer to it is one to the trap */
  jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

static void leave(j_common_ptr info) {
  struct trap *trap = (struct trap *)info->err;
  info->err->format_message(info, trap->message);
  longjmp(trap->back, 1);
}

static void note(j_common_ptr info, int level) {
  struct trap *trap = (struct trap *)info->err;
  if (level < 0 && info->err->num_warnings++ == 0)
    info->err->format_message(info, trap->message);
}

static void silent(j_common_ptr info) { (void)info; }

static struct jpeg_error_mgr *arm(struct trap *trap) {
  struct jpeg_error_mgr *manager = jpeg_std_error(&trap->manager);
  manager->error_exit = leave;
  manager->emit_message = note;
  manager->output_message = silent;
  trap->message[0] = 0;
  return manager;
}

/* How the samples of an image are arranged. Mirrored in mod.rs. */
struct onedoor_layout {
  uint32_t width, height;
  uint32_t colour;
  uint32_t planes;
  uint32_t across[MAX_PLANES], down[MAX_PLANES]; /* sampling factors */
  uint32_t blocks[MAX_PLANES];                   /* blocks of 8 samples in a row of the plane */
};

/* ---- reading ---- */

/* What is in memory of a file at a time. The decoder slows down at the end of each piece. */
enum { PIECE = 128 * 1024 };

struct onedoor_reader {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_progress_mgr progress;
  struct jpeg_source_mgr from;
  struct trap trap;
  int most_scans;
  int file;
  uint64_t at, end; /* of the file: what is read next, and what no more is read from */
  uint8_t piece[PIECE];
};

static void begin_piece(j_decompress_ptr jpeg) { (void)jpeg; }

static boolean next_piece(j_decompress_ptr jpeg) {
  struct onedoor_reader *reader = jpeg->client_data;
  uint64_t left = reader->end - reader->at;
  ssize_t got;
  do
    got = pread(reader->file, reader->piece, left < PIECE ? (size_t)left : PIECE, (off_t)reader->at);
  while (got < 0 && errno == EINTR);
  if (got < 0) ERREXIT(jpeg, JERR_FILE_READ);
  if (got == 0) {
    if (reader->at == 0) ERREXIT(jpeg, JERR_INPUT_EMPTY);
    /* As libjpeg's own sources end: with a warning, and as if the image did. */
    WARNMS(jpeg, JWRN_JPEG_EOF);
    reader->piece[0] = 0xFF;
    reader->piece[1] = JPEG_EOI;
    got = 2;
  } else {
    reader->at += (uint64_t)got;
  }
  reader->from.next_input_byte = reader->piece;
  reader->from.bytes_in_buffer = (size_t)got;
  return TRUE;
}

static void skip_bytes(j_decompress_ptr jpeg, long count) {
  struct onedoor_reader *reader = jpeg->client_data;
  if (count <= 0) return;
  size_t here = reader->from.bytes_in_buffer;
  size_t skipped = (size_t)count < here ? (size_t)count : here;
  reader->from.next_input_byte += skipped;
  reader->from.bytes_in_buffer -= skipped;
  uint64_t beyond = (uint64_t)count - skipped, left = reader->end - reader->at;
  reader->at += beyond < left ? beyond : left;
}

static void end_pieces(j_decompress_ptr jpeg) { (void)jpeg; }

static void watch(j_common_ptr info) {
  j_decompress_ptr jpeg = (j_decompress_ptr)info;
  struct onedoor_reader *reader = jpeg->client_data;
  if (jpeg->input_scan_number > reader->most_scans) {
    snprintf(reader->trap.message, sizeof reader->trap.message, "it has too many scans");
    longjmp(reader->trap.back, 1);
  }
}

static int create_reader(struct onedoor_reader *reader) {
  if (setjmp(reader->trap.back)) return FAILED;
  jpeg_create_decompress(&reader->jpeg);
  return OK;
}

struct onedoor_reader *onedoor_reader_new(int most_scans) {
  struct onedoor_reader *reader = calloc(1, sizeof *reader);
  if (!reader) return NULL;
  reader->jpeg.err = arm(&reader->trap);
  if (create_reader(reader) == FAILED) {
    free(reader);
    return NULL;
  }
  reader->most_scans = most_scans;
  reader->jpeg.client_data = reader;
  reader->progress.progress_monitor = watch;
  reader->jpeg.progress = &reader->progress;
  reader->from.init_source = begin_piece;
  reader->from.fill_input_buffer = next_piece;
  reader->from.skip_input_data = skip_bytes;
  reader->from.resync_to_restart = jpeg_resync_to_restart;
  reader->from.term_source = end_pieces;
  reader->jpeg.src = &reader->from;
  return reader;
}

/* The first `bytes` of a file, which must stay open until the reader is released. */
int onedoor_reader_start(struct onedoor_reader *reader, int file, uint64_t bytes,
                         struct onedoor_layout *layout) {
  j_decompress_ptr jpeg = &reader->jpeg;
  if (setjmp(reader->trap.back)) return FAILED;
  reader->file = file;
  reader->end = bytes;
  jpeg_read_header(jpeg, TRUE);
  switch (jpeg->jpeg_color_space) {
  case JCS_GRAYSCALE: layout->colour = GREY; break;
  case JCS_YCbCr: layout->colour = YCBCR; break;
  case JCS_RGB: layout->colour = RGB; break;
  default: ERREXIT(jpeg, JERR_CONVERSION_NOTIMPL);
  }
  if (jpeg->num_components < 1 || jpeg->num_components > MAX_PLANES)
    ERREXIT2(jpeg, JERR_COMPONENT_COUNT, jpeg->num_components, MAX_PLANES);
  jpeg->out_color_space = jpeg->jpeg_color_space;
  jpeg->raw_data_out = TRUE;
  jpeg->do_block_smoothing = FALSE;
  jpeg_start_decompress(jpeg);
  layout->width = jpeg->image_width;
  layout->height = jpeg->image_height;
  layout->planes = (uint32_t)jpeg->num_components;
  for (int i = 0; i < jpeg->num_components; i++) {
    layout->across[i] = (uint32_t)jpeg->comp_info[i].h_samp_factor;
    layout->down[i] = (uint32_t)jpeg->comp_info[i].v_samp_factor;
    layout->blocks[i] = jpeg->comp_info[i].width_in_blocks;
  }
  return OK;
}

/* The next band: down[i] * 8 rows of blocks[i] * 8 samples for each plane, rows `stride` apart. */
int onedoor_reader_band(struct onedoor_reader *reader, uint8_t *const *planes, const size_t *strides) {
  j_decompress_ptr jpeg = &reader->jpeg;
  JSAMPROW rows[MAX_PLANES][MAX_ROWS];
  JSAMPARRAY arrays[MAX_PLANES];
  if (setjmp(reader->trap.back)) return FAILED;
  for (int i = 0; i < jpeg->num_components; i++) {
    for (int row = 0; row < jpeg->comp_info[i].v_samp_factor * DCTSIZE; row++)
      rows[i][row] = planes[i] + (size_t)row * strides[i];
    arrays[i] = rows[i];
  }
  JDIMENSION most = (JDIMENSION)(jpeg->max_v_samp_factor * DCTSIZE);
  return jpeg_read_raw_data(jpeg, arrays, most) == most ? OK : FAILED;
}

/* After the last band: whether the file ends there, too. */
int onedoor_reader_finish(struct onedoor_reader *reader) {
  if (setjmp(reader->trap.back)) return FAILED;
  return jpeg_finish_decompress(&reader->jpeg) ? OK : FAILED;
}

long onedoor_reader_warnings(const struct onedoor_reader *reader) {
  return reader->trap.manager.num_warnings;
}

const char *onedoor_reader_message(const struct onedoor_reader *reader) { return reader->trap.message; }

void onedoor_reader_free(struct onedoor_reader *reader) {
  /* Releasing memory raises no error in libjpeg; should it ever, the memory is left. */
  if (setjmp(reader->trap.back) == 0) jpeg_destroy_decompress(&reader->jpeg);
  explicit_bzero(reader->piece, sizeof reader->piece); /* a visitor's page */
  free(reader);
}

/* ---- writing ---- */

struct onedoor_writer {
  struct jpeg_compress_struct jpeg;
  struct jpeg_destination_mgr to;
  struct trap trap;
  uint8_t *held;
  size_t size;
};

static void begin_held(j_compress_ptr jpeg) {
  struct onedoor_writer *writer = jpeg->client_data;
  writer->to.next_output_byte = writer->held;
  writer->to.free_in_buffer = writer->size;
}

static boolean grow_held(j_compress_ptr jpeg) {
  struct onedoor_writer *writer = jpeg->client_data;
  size_t size = writer->size * 2;
  uint8_t *held = size > MOST_HELD ? NULL : realloc(writer->held, size);
  if (!held) ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
  writer->to.next_output_byte = held + writer->size;
  writer->to.free_in_buffer = size - writer->size;
  writer->held = held;
  writer->size = size;
  return TRUE;
}

static void end_held(j_compress_ptr jpeg) { (void)jpeg; }

static int create_writer(struct onedoor_writer *writer) {
  if (setjmp(writer->trap.back)) return FAILED;
  jpeg_create_compress(&writer->jpeg);
  return OK;
}

struct onedoor_writer *onedoor_writer_new(void) {
  struct onedoor_writer *writer = calloc(1, sizeof *writer);
  if (!writer) return NULL;
  writer->jpeg.err = arm(&writer->trap);
  writer->held = malloc(FIRST_HELD);
  writer->size = FIRST_HELD;
  if (!writer->held || create_writer(writer) == FAILED) {
    free(writer->held);
    free(writer);
    return NULL;
  }
  writer->jpeg.client_data = writer;
  writer->to.init_destination = begin_held;
  writer->to.empty_output_buffer = grow_held;
  writer->to.term_destination = end_held;
  writer->jpeg.dest = &writer->to;
  return writer;
}

int onedoor_writer_start(struct onedoor_writer *writer, const struct onedoor_layout *layout, int quality,
                         unsigned dpi) {
  j_compress_ptr jpeg = &writer->jpeg;
  if (setjmp(writer->trap.back)) return FAILED;
  jpeg->image_width = layout->width;
  jpeg->image_height = layout->height;
  jpeg->input_components = (int)layout->planes;
  jpeg->in_color_space = layout->planes == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
  jpeg_set_defaults(jpeg);
  jpeg_set_quality(jpeg, quality, TRUE);
  jpeg->raw_data_in = TRUE;
  for (int i = 0; i < jpeg->num_components; i++) {
    jpeg->comp_info[i].h_samp_factor = (int)layout->across[i];
    jpeg->comp_info[i].v_samp_factor = (int)layout->down[i];
  }
  if (dpi) {
    jpeg->density_unit = 1;
    jpeg->X_density = jpeg->Y_density = (UINT16)dpi;
  }
  jpeg_start_compress(jpeg, TRUE);
  return OK;
}

int onedoor_writer_band(struct onedoor_writer *writer, const uint8_t *const *planes,
                        const size_t *strides) {
  j_compress_ptr jpeg = &writer->jpeg;
  JSAMPROW rows[MAX_PLANES][MAX_ROWS];
  JSAMPARRAY arrays[MAX_PLANES];
  if (setjmp(writer->trap.back)) return FAILED;
  for (int i = 0; i < jpeg->num_components; i++) {
    for (int row = 0; row < jpeg->comp_info[i].v_samp_factor * DCTSIZE; row++)
      rows[i][row] = (JSAMPROW)(planes[i] + (size_t)row * strides[i]); /* only read */
    arrays[i] = rows[i];
  }
  JDIMENSION most = (JDIMENSION)(jpeg->max_v_samp_factor * DCTSIZE);
  return jpeg_write_raw_data(jpeg, arrays, most) == most ? OK : FAILED;
}

int onedoor_writer_finish(struct onedoor_writer *writer) {
  if (setjmp(writer->trap.back)) return FAILED;
  jpeg_finish_compress(&writer->jpeg);
  return OK;
}

/* What has been encoded since the last time; valid until the next call. */
const uint8_t *onedoor_writer_take(struct onedoor_writer *writer, size_t *length) {
  *length = (size_t)(writer->to.next_output_byte - writer->held);
  begin_held(&writer->jpeg);
  return writer->held;
}

const char *onedoor_writer_message(const struct onedoor_writer *writer) { return writer->trap.message; }

void onedoor_writer_free(struct onedoor_writer *writer) {
  if (setjmp(writer->trap.back) == 0) jpeg_destroy_compress(&writer->jpeg);
  free(writer->held);
  free(writer);
}
