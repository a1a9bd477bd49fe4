/* SPDX-License-Identifier: GPL-2.0 */
/* A receiver's book: which test frames have arrived, stream by stream. */
#ifndef LAB_BOOK_H
#define LAB_BOOK_H

#include <stdio.h>

#include "frame.h"

/**
 * struct book_stream - what has arrived of one stream
 * @received: good frames, duplicates included
 * @unique: good frames of different numbers
 * @next: highest number so far, plus one
 * @count: frames that the stream has according to its sender; 0: not known
 * @misdirected: frames sent to another station's address
 * @seen: one bit for each number below @seen_bits
 *
 * unique + duplicated = received; unique + lost = count, or @next without one.
 */
struct book_stream {
	struct book_stream *older;
	uint32_t stream;
	uint64_t received, unique, duplicated, reordered, corrupt, misdirected, tagged;
	uint64_t bytes, next, count;
	int vlan; /* of the last frame */
	uint8_t *seen;
	uint64_t seen_bits;
};

/** struct book - all streams, and what belongs to none */
struct book {
	struct book_stream *streams;
	uint64_t corrupt; /* too damaged to tell the stream */
	uint64_t foreign; /* not test frames */
};

/** book_note() - check a frame and write it down; returns its stream or NULL */
struct book_stream *book_note(struct book *book, const void *frame, size_t len,
			      bool misdirected, int stripped_vlan);

/** book_find() - a stream's page, or NULL if nothing of it has arrived */
struct book_stream *book_find(const struct book *book, uint32_t stream);

/** book_reset() - forget everything */
void book_reset(struct book *book);

/** book_print() - the members "streams", "corrupt", "foreign" of a JSON object */
void book_print(const struct book *book, FILE *out);

#endif
