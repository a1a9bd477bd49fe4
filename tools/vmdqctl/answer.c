// SPDX-License-Identifier: GPL-2.0
/* How vmdqctl answers: JSON on standard output, complaints on standard error */
#include <stdarg.h>
#include <stdio.h>

#include "vmdqctl.h"

/** usage_error() - complain about the command line.  Return: VMDQ_S_USAGE */
int usage_error(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "vmdqctl: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nTry 'vmdqctl --help'.\n");

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
	struct json_object *object;

	fprintf(stderr, "vmdqctl: %s\n", err->text);
	if (opt->json) {
		object = json_object_new_object();
		json_object_object_add(object, "ok", json_object_new_boolean(0));
		json_object_object_add(object, "status", json_object_new_int((int)err->status));
		json_object_object_add(object, "error", json_object_new_string(err->text));
		print_json(object);
	}

	return (int)err->status;
}
