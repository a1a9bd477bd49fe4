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

/** print_json() - write an object to standard output, and release it */
void print_json(struct json_object *object)
{
	printf("%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
						      JSON_C_TO_STRING_NOSLASHESCAPE));
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
