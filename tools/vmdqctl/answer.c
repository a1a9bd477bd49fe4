// SPDX-License-Identifier: GPL-2.0
/* How vmdqctl answers: JSON on standard output, complaints on standard error */
#include <stdarg.h>
#include <stdio.h>

#include "vmdqctl.h"

static bool usage_in_json;

/** answer_in_json() - complaints about the command line shall be in JSON, too */
void answer_in_json(void)
{
	usage_in_json = true;
}

/**
 * new_answer() - what each answer in JSON begins with
 * @status: the exit status
 * @error: what went wrong; NULL or empty: nothing, or what comes after tells
 */
struct json_object *new_answer(int status, const char *error)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "ok", json_object_new_boolean(!status));
	json_object_object_add(object, "status", json_object_new_int(status));
	json_object_object_add(object, "error", error && *error ?
			       json_object_new_string(error) : NULL);

	return object;
}

/** usage_error() - complain about the command line.  Return: VMDQ_S_USAGE */
int usage_error(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "vmdqctl: %s\nTry 'vmdqctl --help'.\n", text);
	if (usage_in_json)
		print_json(new_answer(VMDQ_S_USAGE, text));

	return VMDQ_S_USAGE;
}

/**
 * utf8_char() - bytes of the UTF-8 character with which a text begins
 * @text: with a NUL at its end
 *
 * Return: 0 if it begins with none: in a file or a domain's name there is any byte.
 */
size_t utf8_char(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t i, n;

	if (*c < 0x80)
		return 1;
	/* two bytes that could be one, surrogates, beyond U+10FFFF */
	if (*c < 0xc2 || *c > 0xf4 || (*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f) ||
	    (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f))
		return 0;
	n = *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : 4;
	for (i = 1; i < n; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;

	return n;
}

/** print_json() - write an object to standard output, and release it */
void print_json(struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							  JSON_C_TO_STRING_NOSLASHESCAPE);
	size_t n;

	for (; *text; text += n ? n : 1) {
		n = utf8_char(text);
		if (n)
			fwrite(text, 1, n, stdout);
		else
			putchar('?');
	}
	putchar('\n');
	json_object_put(object);
}

/** report_failure() - tell why a command failed.  Return: its exit status */
int report_failure(const struct options *opt, const struct vmdq_err *err)
{
	fprintf(stderr, "vmdqctl: %s\n", err->text);
	if (opt->json)
		print_json(new_answer((int)err->status, err->text));

	return (int)err->status;
}
