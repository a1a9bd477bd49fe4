/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The value of the node VMDQ_XS_ASSIGN.
 *
 * A pure function, so that the unit tests can hold it against the tools' own: what one of
 * the two takes for an assignment and the other does not would be nobody's pool or two vifs'.
 */
#ifndef VIF_ASSIGN_VALUE_H
#define VIF_ASSIGN_VALUE_H

#include <linux/types.h>

#define VIF_POOL_DIGITS_MAX	9	/* so that the number fits into 32 bits */

/**
 * vif_pool_number() - the number of a pool
 * @text: decimal, from 1, as the schema has it: no sign, no blank, no zero before it
 *
 * Return: the number, or 0 if it is none.
 */
static inline unsigned int vif_pool_number(const char *text)
{
	unsigned int number = 0, digits;

	for (digits = 0; *text; text++, digits++) {
		if (*text < '0' || *text > '9' || digits == VIF_POOL_DIGITS_MAX ||
		    (*text == '0' && !digits))
			return 0;
		number = number * 10 + (*text - '0');
	}
	return number;
}

#endif /* VIF_ASSIGN_VALUE_H */
