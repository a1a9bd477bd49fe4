// SPDX-License-Identifier: GPL-2.0
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

/**
 * vmdq_fail() - record a failure
 * @err: where to
 * @status: its kind
 * @fmt: printf format of the text
 *
 * Return: -1, so that a caller can return it.
 */
int vmdq_fail(struct vmdq_err *err, enum vmdq_status status, const char *fmt, ...)
{
	va_list ap;

	err->status = status;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);

	return -1;
}
