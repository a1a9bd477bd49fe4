// SPDX-License-Identifier: GPL-2.0
/* A receiver's book of book.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "book.h"

#define SEQ_MAX (1ull << 32) /* a number beyond it is damage, not a frame */

struct book_stream *book_find(const struct book *book, uint32_t stream)
{
	struct book_stream *s;

	for (s = book->streams; s && s->stream != stream; s = s->older)
		;
	return s;
}

static void *must(void *p)
{
	if (!p) {
		fprintf(stderr, "no memory\n");
		exit(1);
	}
	return p;
}

static struct book_stream *open_stream(struct book *book, uint32_t stream)
{
	struct book_stream *s = must(calloc(1, sizeof(*s)));

	s->stream = stream;
	s->vlan = FRAME_NO_VLAN;
	s->older = book->streams;
	book->streams = s;
	return s;
}

/* Returns true if this number has been seen before. */
static bool mark_seen(struct book_stream *s, uint64_t seq)
{
	uint8_t bit = 1 << (seq % 8);
	bool was;

	if (seq >= s->seen_bits) {
		uint64_t bits = (seq + 1) * 2 + 65536;

		bits &= ~7ull;
		s->seen = must(realloc(s->seen, bits / 8));
		memset(s->seen + s->seen_bits / 8, 0, (bits - s->seen_bits) / 8);
		s->seen_bits = bits;
	}
	was = s->seen[seq / 8] & bit;
	s->seen[seq / 8] |= bit;
	return was;
}

static void note_good(struct book_stream *s, const struct frame_info *info, size_t len)
{
	s->received++;
	s->bytes += len;
	s->count = info->count;
	s->vlan = info->vlan;
	if (info->vlan != FRAME_NO_VLAN)
		s->tagged++;
	if (mark_seen(s, info->seq)) {
		s->duplicated++;
		return;
	}
	s->unique++;
	if (info->seq >= s->next)
		s->next = info->seq + 1;
	else
		s->reordered++;
}

struct book_stream *book_note(struct book *book, const void *frame, size_t len,
			      bool misdirected, int stripped_vlan)
{
	struct frame_info info;
	enum frame_verdict verdict = frame_check(frame, len, &info);
	struct book_stream *s;

	if (verdict == FRAME_FOREIGN) {
		book->foreign++;
		return NULL;
	}
	s = book_find(book, info.stream);
	if (verdict == FRAME_GOOD && info.seq >= SEQ_MAX)
		verdict = FRAME_CORRUPT;
	if (verdict == FRAME_CORRUPT) {
		if (s)
			s->corrupt++;
		else
			book->corrupt++;
		return s;
	}
	if (!s)
		s = open_stream(book, info.stream);
	if (stripped_vlan != FRAME_NO_VLAN)
		info.vlan = stripped_vlan;
	note_good(s, &info, len);
	if (misdirected)
		s->misdirected++;
	return s;
}

void book_reset(struct book *book)
{
	while (book->streams) {
		struct book_stream *s = book->streams;

		book->streams = s->older;
		free(s->seen);
		free(s);
	}
	memset(book, 0, sizeof(*book));
}

void book_print(const struct book *book, FILE *out)
{
	fprintf(out, "\"streams\":{");
	for (struct book_stream *s = book->streams; s; s = s->older) {
		uint64_t whole = s->count > s->next ? s->count : s->next;

		fprintf(out,
			"\"%" PRIu32 "\":{\"received\":%" PRIu64 ",\"unique\":%" PRIu64
			",\"lost\":%" PRIu64 ",\"duplicated\":%" PRIu64 ",\"reordered\":%" PRIu64
			",\"corrupt\":%" PRIu64 ",\"misdirected\":%" PRIu64 ",\"bytes\":%" PRIu64
			",\"tagged\":%" PRIu64 ",\"vlan\":%d}%s",
			s->stream, s->received, s->unique, whole - s->unique, s->duplicated,
			s->reordered, s->corrupt, s->misdirected, s->bytes, s->tagged, s->vlan,
			s->older ? "," : "");
	}
	fprintf(out, "},\"corrupt\":%" PRIu64 ",\"foreign\":%" PRIu64, book->corrupt,
		book->foreign);
}
